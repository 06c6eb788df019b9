import { GatewayError } from '@parley/contracts';
import { countTokensPath, decodeCountTokens, editCountTokens } from '@parley/dialects';
import { estimateUsage, openDeadline, planRoute, samplePrompt, toGatewayError, type Runtime } from '@parley/inference';
import { askBeside } from '@parley/providers';
import type { FastifyReply } from 'fastify';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { readSource } from './read-source.ts';

const COUNT_TIMEOUT_MS = 30_000;

/**
 * How long a prompt is, in Gemini's words: as the model's provider counts it where that speaks Gemini's format, otherwise
 * as Parley estimates it. Nothing is generated, so nothing is paid for or written to the ledger; it counts
 * among the requests of its key.
 */
export async function countTokens(
  runtime: Runtime,
  request: IdentifiedRequest,
  reply: FastifyReply,
  model: string,
): Promise<unknown> {
  const { bytes, members, value } = readSource(request.body);
  const counted = decodeCountTokens(value, model);
  const [{ deployment }] = planRoute(runtime.configuration.current, request.caller, model, Math.random);
  const { target, dialect, connection } = deployment;
  const entrant = { key: request.caller };
  runtime.limits.enter(entrant);
  const deadline = openDeadline(COUNT_TIMEOUT_MS);
  reply.raw.once('close', () => deadline.abort(new GatewayError('client_closed_request')));
  try {
    if (dialect.id !== 'gemini-generate-content') {
      const usage = estimateUsage(samplePrompt(counted), { chars: 0, text: '' }, target.upstreamModel);
      return { totalTokens: usage.prompt_tokens };
    }
    const question = { path: countTokensPath, body: editCountTokens({ bytes, members }, target).bytes };
    const { body } = await askBeside(runtime.pools, deployment, deployment.credentials[0], question, deadline.signal);
    return body;
  } catch (error) {
    throw toGatewayError(error, connection, target.upstreamModel);
  } finally {
    deadline.clear();
    runtime.limits.leave(entrant, 0);
  }
}
