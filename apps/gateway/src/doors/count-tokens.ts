import type { CountDoor } from '@parley/dialects';
import { readHeaders, type Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import type { IdentifiedRequest } from '../admission/caller.ts';
import type { Drain } from '../health/drain.ts';
import { answerHeaders } from './answer-headers.ts';
import { readSource } from './read-source.ts';
import { openRequestDeadline } from './request-deadline.ts';

/** Answers how many tokens a request holds, at one door. What fails is thrown, for the exception filter. */
export async function countTokens(
  runtime: Runtime,
  drain: Drain,
  door: CountDoor,
  request: IdentifiedRequest,
  reply: FastifyReply,
): Promise<void> {
  const { caller: key, id: requestId } = request;
  const { bytes, members, value: body } = readSource(request.body);
  const source = { bytes, members, body, request: door.decodeRequest(body), ...readHeaders(door, request.headers) };
  const { deadline } = openRequestDeadline(runtime, drain, request, reply);
  try {
    const count = await runtime.engine.countTokens({ key, door, source, signal: deadline.signal });
    await reply.headers(answerHeaders(runtime, { requestId, key, attempts: [] }, undefined, [], reply)).send(count);
  } finally {
    deadline.clear();
  }
}
