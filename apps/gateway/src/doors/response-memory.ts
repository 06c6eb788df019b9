import { GatewayError, invalidRequest } from '@parley/contracts';
import {
  inputText,
  itemsOf,
  readMemory,
  recallTurns,
  referredItems,
  referredResponses,
  resolveReferences,
  responsesDoor,
  type Loss,
} from '@parley/dialects';
import { readChat, type JsonBody, type KeepAnswer, type ReadAsked, type Runtime } from '@parley/inference';
import { isDatabaseAway, type Conversation } from '@parley/persistence';
import type { ReadBody } from './serve.ts';

/** How long a call that needs Postgres waits for it before it gets an error. */
const PATIENCE_MS = 5000;
/** How long an answer waits that nobody said to store, before it goes out without. */
const SHORT_PATIENCE_MS = 1000;
const NOT_KEPT: Loss = { param: 'store', action: 'dropped', reason: 'the response could not be stored' };

const readWhole = readChat(responsesDoor);

/**
 * Reads the bodies of one key's calls: earlier turns are put before the input, items that it refers to in their place,
 * and an answer that is to be stored gets someone who does it. A call that neither refers to an earlier one nor is to be
 * stored never asks the database.
 */
export const readRemembering =
  (runtime: Runtime, ownerKeyId: string): ReadBody =>
  (body) => {
    const referred = referredResponses(body.value);
    if (referred.length === 0) return readTurn(runtime, ownerKeyId, body);
    return readReferring(runtime, ownerKeyId, body, referred);
  };

async function readReferring(
  runtime: Runtime,
  ownerKeyId: string,
  body: JsonBody,
  referred: readonly string[],
): Promise<ReturnType<ReadAsked>> {
  const responses = await patiently(runtime.stores.responses.findResponses(ownerKeyId, referred));
  return readTurn(runtime, ownerKeyId, fitting(runtime, 'input', { ...body, ...resolveReferences(body, responses) }));
}

function readTurn(runtime: Runtime, ownerKeyId: string, body: JsonBody): ReturnType<ReadBody> {
  const { previousId } = readMemory(body.value);
  if (previousId === undefined) {
    const madeBy = runtime.followUps.makerOfItems(ownerKeyId, referredItems(body.value));
    const asked = { ...readWhole(body), madeBy };
    return withKeeper(runtime, ownerKeyId, asked, body, null);
  }
  return recall(runtime, ownerKeyId, body, previousId);
}

/** What was put into a body counts like what the client sends. Throws `request_too_large`. */
function fitting<Body extends { bytes: Buffer }>({ environment }: Runtime, param: string, body: Body): Body {
  const limitMib = environment.BODY_LIMIT_MIB;
  if (body.bytes.length <= limitMib * 1024 * 1024) return body;
  throw new GatewayError('request_too_large', { param, values: { limit: `${limitMib} MiB` } });
}

async function recall(
  runtime: Runtime,
  ownerKeyId: string,
  body: JsonBody,
  previousId: string,
): Promise<ReturnType<ReadAsked>> {
  const conversation = await patiently(runtime.stores.responses.readConversation(ownerKeyId, previousId));
  const whole = fitting(runtime, 'previous_response_id', recallTurns(body, turnsOf(conversation)));
  const asked = { ...readWhole(whole), madeBy: conversation!.deploymentId ?? undefined };
  return withKeeper(runtime, ownerKeyId, asked, body, conversation!.position);
}

function turnsOf(conversation: Conversation | undefined): Conversation['turns'] {
  const param = 'previous_response_id';
  if (!conversation) throw invalidRequest(param, 'names no response that is stored for this key');
  if (!conversation.isWhole) throw invalidRequest(param, 'belongs to a conversation of which a part was deleted');
  return conversation.turns;
}

function withKeeper(
  runtime: Runtime,
  ownerKeyId: string,
  asked: ReturnType<ReadAsked>,
  body: JsonBody,
  previousPosition: string | null,
): ReturnType<ReadAsked> {
  const { store } = readMemory(body.value);
  if (store === 'no') return asked;
  // What was parsed of it may be large, and a stream long.
  const { bytes, members } = body;
  const keep: KeepAnswer = async (answer, deploymentId) => {
    try {
      const response = JSON.parse(answer) as { id: string };
      runtime.followUps.noteItems(ownerKeyId, itemsOf(response), deploymentId);
      const input = inputText({ bytes, members });
      const turn = { input, response: answer, deploymentId };
      const stored = runtime.stores.responses.insert({ ownerKeyId, id: response.id, previousPosition, ...turn });
      await patiently(stored, store === 'asked' ? PATIENCE_MS : SHORT_PATIENCE_MS);
      return [];
    } catch (error) {
      if (store === 'asked') throw error;
      runtime.logger.warn({ err: error }, 'a response could not be stored; it is answered without');
      return [NOT_KEPT];
    }
  };
  return { ...asked, keep } as ReturnType<ReadAsked>;
}

/** Throws `dependency_unavailable` where Postgres is away or slow. */
async function patiently<T>(query: Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const unavailable = (cause?: unknown): GatewayError =>
    new GatewayError('dependency_unavailable', { values: { dependency: 'postgres' } }, { cause });
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable()), patienceMs);
  });
  try {
    return await Promise.race([query, tooLong]);
  } catch (error) {
    throw isDatabaseAway(error) ? unavailable(error) : error;
  } finally {
    clearTimeout(timer);
  }
}
