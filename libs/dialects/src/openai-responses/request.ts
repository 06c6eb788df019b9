import type { ChatRequest } from '@parley/contracts';
import type { EncodedRequest, Loss, Target } from '../dialect.ts';
import { encodeText } from './format.ts';
import { encodeInput } from './input.ts';
import { objectsIn, type JsonObject } from '../json-values.ts';
import { encodeReasoning } from './reasoning.ts';
import { encodeTools } from './tools.ts';

/** Fields of the same name and meaning on both sides, and those that only the API itself has. */
const SAME_FIELDS = [
  'metadata',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'safety_identifier',
  'user',
  'moderation',
  'truncation',
  'max_tool_calls',
] as const;

/** Fields that are written under some name, and those that are ours alone and mean nothing to a provider. */
const HANDLED: ReadonlySet<string> = new Set([
  ...SAME_FIELDS,
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'verbosity',
  'reasoning_effort',
  'reasoning',
  'store',
  'n',
  'stop',
  'modalities',
  'audio',
  'models',
  'provider',
]);

/** Fields whose "off" value asks for nothing. */
const OFF: Readonly<Record<string, unknown>> = { presence_penalty: 0, frequency_penalty: 0 };

/** `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16`. */
const LEAST_MAX_OUTPUT_TOKENS = 16;

/**
 * Writes a hub request as a body for `POST /responses`. The provider keeps nothing unless the caller asks for it:
 * reasoning comes back encrypted, for the client to hold.
 * Source: https://platform.openai.com/docs/api-reference/responses/create
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const losses: Loss[] = [];
  const input = encodeInput(request.messages, losses);
  refuseImages(input, target, losses);
  const { reasoning, keepsState } = encodeReasoning(request, target, input, losses);
  const include = [
    ...(keepsState ? ['reasoning.encrypted_content'] : []),
    ...(request.logprobs === true ? ['message.output_text.logprobs'] : []),
  ];
  const body: JsonObject = {
    model: target.upstreamModel,
    input,
    ...encodeMaxOutputTokens(request, losses),
    ...encodeSampling(request, target, losses),
    ...encodeTools(request, target, losses),
    ...encodeText(request),
    ...(reasoning && { reasoning }),
    ...(request.logprobs === true && isPresent(request.top_logprobs) && { top_logprobs: request.top_logprobs }),
    ...(include.length > 0 && { include }),
    store: request['store'] === true,
    ...(request.stream === true && { stream: true }),
  };
  for (const field of SAME_FIELDS) {
    if (isPresent(request[field])) body[field] = request[field];
  }
  reportUnsent(request, losses);
  return { body, losses };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function refuseImages(input: JsonObject[], target: Target, losses: Loss[]): void {
  if (target.capabilities.images !== false) return;
  const parts = input.flatMap((item) => [...objectsIn(item['content']), ...objectsIn(item['output'])]);
  if (parts.some((part) => part['type'] === 'input_image')) {
    losses.push({ param: 'messages', action: 'refused', reason: 'the model does not read images' });
  }
}

function encodeMaxOutputTokens(request: ChatRequest, losses: Loss[]): JsonObject {
  const asked = request.max_completion_tokens ?? request.max_tokens;
  if (!isPresent(asked)) return {};
  const tokens = Math.max(asked!, LEAST_MAX_OUTPUT_TOKENS);
  if (tokens !== asked) {
    const param = isPresent(request.max_completion_tokens) ? 'max_completion_tokens' : 'max_tokens';
    losses.push({ param, action: 'emulated', reason: `raised to ${LEAST_MAX_OUTPUT_TOKENS}, the least value` });
  }
  return { max_output_tokens: tokens };
}

/** `Unsupported parameter: 'temperature' is not supported with this model`; 1 is the default and asks for nothing. */
function encodeSampling(request: ChatRequest, target: Target, losses: Loss[]): JsonObject {
  const body: JsonObject = {};
  for (const field of ['temperature', 'top_p'] as const) {
    const value = request[field];
    if (!isPresent(value)) continue;
    if (target.capabilities.sampling !== false) body[field] = value;
    else if (value !== 1) {
      losses.push({ param: field, action: 'dropped', reason: 'the model does not take sampling parameters' });
    }
  }
  return body;
}

function reportUnsent(request: ChatRequest, losses: Loss[]): void {
  const refuse = (param: string, reason: string): unknown => losses.push({ param, action: 'refused', reason });
  // Left out, the answer would go on past the place where the caller's program expects its end.
  if (isPresent(request.stop) && request.stop?.length !== 0) refuse('stop', 'stop sequences are not supported');
  const { modalities, audio } = request;
  const speaks = Array.isArray(modalities) ? modalities.some((kind) => kind !== 'text') : isPresent(audio);
  if (speaks) refuse('modalities', 'only text answers are supported');
  for (const [param, value] of Object.entries(request)) {
    if (HANDLED.has(param) || !isPresent(value) || OFF[param] === value) continue;
    losses.push({ param, action: 'dropped', reason: 'the provider has no such field' });
  }
}
