import { GatewayError } from '@parley/contracts';
import {
  answerTo,
  finishWhole,
  type Answered,
  type Call,
  type ChatCall,
  type FinishedAnswer,
  type JsonBody,
  type ReadAsked,
  type Runtime,
} from '@parley/inference';
import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { errorAnswer } from '../errors/error-answer.ts';
import type { Drain } from '../health/drain.ts';
import { answerHeaders } from './answer-headers.ts';
import { readSource } from './read-source.ts';
import { openRequestDeadline } from './request-deadline.ts';
import { StreamWriter, type TellFailure } from './stream-writer.ts';
import { writeTogether } from './write-together.ts';

/** As `ReadAsked`, for doors that look something up first. */
export type ReadBody = (body: JsonBody) => ReturnType<ReadAsked> | Promise<ReturnType<ReadAsked>>;

const LONGEST_TEXT_BYTES = 64 * 1024;

/**
 * Serves one call at one door. What fails before the headers were sent is thrown, for the exception filter; every call
 * that was understood is settled exactly once, however it ends.
 */
export async function serve(
  runtime: Runtime,
  drain: Drain,
  read: ReadBody,
  request: IdentifiedRequest,
  reply: FastifyReply,
): Promise<void> {
  const startedAtMs = performance.now();
  const asked = read({ ...readSource(request.body), headers: request.headers });
  const understood = 'then' in asked ? await asked : asked;
  const { deadline, timeoutMs } = openRequestDeadline(runtime, drain, request, reply);
  const call = openCall(understood, request, { startedAtMs, timeoutMs, signal: deadline.signal });
  // The body can be large, and a stream can be long: from here on only the call holds it.
  request.body = undefined;
  const writer =
    call.kind === 'chat' && call.mode === 'stream'
      ? new StreamWriter(runtime, call, deadline, reply, tellFailure(runtime, call, request))
      : undefined;
  let finished: FinishedAnswer | undefined;
  try {
    const answered = await runtime.engine.run(call);
    if (answered.answer.kind === 'stream') return writer!.pipe(answered);
    finished = finishWhole(call, answered);
    await writeWhole(runtime, call, answered, finished, reply);
    deadline.clear();
  } catch (error) {
    deadline.clear();
    if (writer?.failBeforeContent(error)) return;
    const status = error instanceof GatewayError ? error.status : 500;
    // An answer that could not be stored was paid for all the same.
    runtime.settle(call, {
      ...finished?.ending,
      error,
      status: call.signal.aborted && reply.raw.destroyed ? null : status,
    });
    throw error;
  }
}

function openCall(
  asked: ReturnType<ReadAsked>,
  request: IdentifiedRequest,
  { startedAtMs, timeoutMs, signal }: { startedAtMs: number; timeoutMs: number; signal: AbortSignal },
): Call {
  return {
    ...asked,
    requestId: request.id,
    key: request.caller,
    route: request.routeOptions.url ?? '',
    mode: asked.kind === 'chat' && asked.source?.request.stream ? 'stream' : 'sync',
    strict: request.headers['x-parley-strict'] === '1',
    startedAt: new Date(),
    startedAtMs,
    deadlineAtMs: startedAtMs + timeoutMs,
    signal,
    attempts: [],
  };
}

async function writeWhole(
  runtime: Runtime,
  call: Call,
  answered: Answered,
  { bytes: faithful, body, ending }: FinishedAnswer,
  reply: FastifyReply,
): Promise<void> {
  const bytes = faithful ?? Buffer.from(JSON.stringify(body()));
  let { losses } = answered.answer;
  if (call.kind === 'chat' && call.keep) {
    losses = [...losses, ...(await call.keep(bytes.toString(), answered.entry.deployment.id))];
  }
  const headers = answerHeaders(runtime, call, answered.entry, losses, reply);
  const settlement = runtime.reckon(call, ending);
  headers['content-type'] = 'application/json; charset=utf-8';
  headers['content-length'] = bytes.length;
  if (settlement.costUsd !== null) headers['x-parley-cost-usd'] = settlement.costUsd;
  reply.hijack();
  writeTogether({
    write() {
      reply.raw.writeHead(200, headers);
      endWith(reply.raw, bytes);
    },
    book: () => runtime.book(call, ending, settlement),
  });
}

/** Node joins a short text with the head into one write; a Buffer would be a second one. */
function endWith(response: ServerResponse, bytes: Buffer): void {
  if (bytes.length > LONGEST_TEXT_BYTES) response.end(bytes);
  else response.end(bytes.toString('latin1'), 'latin1');
}

/** How a failure is told inside a stream whose headers were sent. */
function tellFailure(runtime: Runtime, call: ChatCall, request: IdentifiedRequest): TellFailure {
  return (error, hasBegun, tellInStream) => {
    const { body } = errorAnswer(error, request, runtime.environment.DEFAULT_LOCALE);
    return tellInStream?.(body) ?? call.door.encodeStreamFailure(body, hasBegun, answerTo(call));
  };
}
