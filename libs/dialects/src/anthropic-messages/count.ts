import type { ChatRequest } from '@parley/contracts';
import type { EncodedRequest, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { unreadableAnswer } from '../failures.ts';
import { encodeRequest } from './request.ts';

/** What counts among the input, and all that is taken: https://docs.claude.com/en/api/messages-count-tokens */
const COUNTED = ['model', 'system', 'messages', 'tools', 'tool_choice', 'thinking', 'output_config'];

/** Writes a hub request as a body for `POST /v1/messages/count_tokens`. */
export function encodeCountRequest(request: ChatRequest, target: Target): EncodedRequest {
  const { body, losses } = encodeRequest(request, target);
  const fields = Object.entries(body as JsonObject).filter(([field]) => COUNTED.includes(field));
  return { body: Object.fromEntries(fields), losses };
}

export function decodeCount(body: unknown): number {
  const tokens = isObject(body) ? body['input_tokens'] : undefined;
  if (typeof tokens !== 'number') throw unreadableAnswer('the answer has no input_tokens');
  return tokens;
}
