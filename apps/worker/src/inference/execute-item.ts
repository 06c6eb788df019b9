import { errorBody, GatewayError, type BatchEndpoint, type Locale } from '@parley/contracts';
import { chatDoor, findMembers, messagesDoor, responsesDoor, type Door } from '@parley/dialects';
import {
  createRequestIds,
  finishWhole,
  openDeadline,
  readChat,
  readEmbeddings,
  type Answered,
  type Call,
  type Deadline,
  type ReadAsked,
  type Runtime,
} from '@parley/inference';
import type { StoredKey } from '@parley/persistence';
import type { ItemCall, ItemOutcome } from '../execute-item.ts';

const nextRequestId = createRequestIds();

/** How the body of a line is read, by its `url`. */
const READERS: Record<BatchEndpoint, ReadAsked> = {
  '/v1/chat/completions': readChat(chatDoor),
  '/v1/responses': readChat(responsesDoor),
  '/v1/embeddings': readEmbeddings,
  '/v1/messages': readChat(messagesDoor),
};

/** Endpoints whose errors have a shape of their own. */
const DOORS: Partial<Record<BatchEndpoint, Door>> = { '/v1/messages': messagesDoor };

/** Makes the call of a batch item with the same engine as a live one; only the ledger's row waits for the result. */
export async function executeItem(
  runtime: Runtime,
  findKey: (id: string) => StoredKey | undefined,
  item: ItemCall,
): Promise<ItemOutcome> {
  const requestId = nextRequestId();
  const key = findKey(item.ownerKeyId);
  const locale = key?.locale ?? runtime.environment.DEFAULT_LOCALE;
  const deadline = openDeadline(runtime.environment.REQUEST_TIMEOUT_S * 1_000);
  const abort = (): void => deadline.abort(new GatewayError('server_shutting_down'));
  item.signal.addEventListener('abort', abort, { once: true });
  let call: Call | undefined;
  try {
    if (!key || isExpired(key)) throw new GatewayError('invalid_api_key');
    call = openCall(item, key, requestId, deadline, runtime.environment.REQUEST_TIMEOUT_S * 1_000);
    return succeed(runtime, call, await runtime.engine.run(call));
  } catch (error) {
    return fail(runtime, { call, requestId, locale, endpoint: item.endpoint }, error);
  } finally {
    item.signal.removeEventListener('abort', abort);
    deadline.clear();
  }
}

const isExpired = ({ expiresAt }: StoredKey): boolean => expiresAt !== null && expiresAt.getTime() <= Date.now();

function openCall(item: ItemCall, key: StoredKey, requestId: string, { signal }: Deadline, timeoutMs: number): Call {
  const startedAtMs = performance.now();
  // The worker has parsed these bytes before, when the batch was validated.
  const value: unknown = JSON.parse(item.body.toString());
  return {
    ...READERS[item.endpoint]({ bytes: item.body, members: findMembers(item.body), value }),
    requestId,
    key,
    route: item.endpoint,
    mode: 'batch',
    strict: false,
    startedAt: new Date(),
    startedAtMs,
    deadlineAtMs: startedAtMs + timeoutMs,
    signal,
    attempts: [],
    batchId: item.batchId,
  };
}

function succeed(runtime: Runtime, call: Call, answered: Answered): ItemOutcome {
  const { bytes, body: write, ending } = finishWhole(call, answered);
  const { row } = runtime.settleUnrecorded(call, ending);
  const body: unknown = bytes ? JSON.parse(bytes.toString()) : write();
  return { statusCode: 200, requestId: call.requestId, body, retryable: false, wasTried: true, usage: row };
}

type Failed = { call: Call | undefined; requestId: string; locale: Locale; endpoint: BatchEndpoint };

function fail(runtime: Runtime, { call, requestId, locale, endpoint }: Failed, reason: unknown): ItemOutcome {
  const error = reason instanceof GatewayError ? reason : new GatewayError('internal_error', {}, { cause: reason });
  if (error.code === 'internal_error') runtime.logger.error({ err: reason, request_id: requestId }, 'internal error');
  const settlement = call && runtime.settleUnrecorded(call, { error, status: error.status });
  const { retryAfterMs } = error.details;
  const body = errorBody(error, locale, requestId);
  return {
    statusCode: error.status,
    requestId,
    body: DOORS[endpoint]?.encodeFailure?.(body, error.status) ?? body,
    retryable: error.retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    // A rate limit or an open circuit kept the item from every provider; a defect of ours is a try of its own.
    wasTried: error.code === 'internal_error' || (call?.attempts.length ?? 0) > 0,
    usage: settlement?.row ?? null,
  };
}
