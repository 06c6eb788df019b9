import type { ChatRequest, ReasoningEffort } from '@parley/contracts';
import type { EncodedRequest, Loss, Target } from '../dialect.ts';
import { withoutAbsent, type JsonObject } from '../json-values.ts';
import { HUB_FIELDS, reportUnsent } from '../unsent.ts';
import { encodeMessages } from './messages.ts';
import { encodeTools } from './tools.ts';

/** Cohere's own request fields, accepted in hub requests and passed on unchanged; they win over what they mean in ours. */
const NATIVE_FIELDS = [
  'documents',
  'citation_options',
  'safety_mode',
  'strict_tools',
  'thinking',
  'priority',
  'raw_prompting',
] as const;

const HANDLED: ReadonlySet<string> = new Set([...NATIVE_FIELDS, ...HUB_FIELDS]);

const MAX_STOP_SEQUENCES = 5;

/** Thinking tokens per level; the higher levels have no ceiling, which is Cohere's own default. */
const BUDGET_TOKENS: Readonly<Partial<Record<ReasoningEffort, number>>> = { minimal: 512, low: 2048, medium: 8192 };

/** Writes the body of `POST /v2/chat`: https://docs.cohere.com/reference/chat */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const losses: Loss[] = [];
  const within = (param: string, least: number, most: number) => clamp(request, param, least, most, losses);
  const body = withoutAbsent({
    model: target.upstreamModel,
    messages: encodeMessages(request.messages, target, losses),
    stream: request.stream === true,
    ...encodeTools(request, target, losses),
    max_tokens: request.max_completion_tokens ?? request.max_tokens,
    temperature: request.temperature,
    p: within('top_p', 0.01, 0.99),
    k: within('top_k', 0, 500),
    seed: request.seed,
    stop_sequences: encodeStop(request.stop, losses),
    // Only one of them may be sent, and many clients send both as 0, which is to send neither.
    presence_penalty: within('presence_penalty', 0, 1) || undefined,
    frequency_penalty: within('frequency_penalty', 0, 1) || undefined,
    logprobs: request.logprobs === true ? true : undefined,
    response_format: encodeFormat(request),
    thinking: encodeThinking(request, target, losses),
  });
  for (const field of NATIVE_FIELDS) {
    if (request[field] !== undefined && request[field] !== null) body[field] = request[field];
  }
  if (request.logprobs === true && typeof request.top_logprobs === 'number' && request.top_logprobs > 0) {
    losses.push({ param: 'top_logprobs', action: 'dropped', reason: 'alternatives are not told' });
  }
  reportUnsent(request, HANDLED, losses);
  return { body, losses };
}

/** Cohere refuses what lies outside, where OpenAI's range is wider; the nearest value it takes is nearly the same. */
function clamp(request: ChatRequest, param: string, least: number, most: number, losses: Loss[]): number | undefined {
  const value = request[param];
  if (typeof value !== 'number') return undefined;
  const nearest = Math.min(Math.max(value, least), most);
  if (nearest !== value) losses.push({ param, action: 'emulated', reason: `sent as ${nearest}, the nearest value` });
  return nearest;
}

function encodeStop(stop: ChatRequest['stop'], losses: Loss[]): string[] | undefined {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  if (sequences.length > MAX_STOP_SEQUENCES) {
    losses.push({ param: 'stop', action: 'dropped', reason: 'only the first five stop sequences are sent' });
  }
  return sequences.length === 0 ? undefined : sequences.slice(0, MAX_STOP_SEQUENCES);
}

/** A schema is held by the decoder, so it is always strict. */
function encodeFormat({ response_format: format }: ChatRequest): JsonObject | undefined {
  if (!format || format.type === 'text') return undefined;
  const schema = format.type === 'json_schema' ? format.json_schema.schema : undefined;
  return { type: 'json_object', ...(schema && { json_schema: schema }) };
}

/** https://docs.cohere.com/docs/reasoning; a model whose way is not known is asked to think, but not to leave it. */
function encodeThinking(
  { reasoning_effort: effort }: ChatRequest,
  { capabilities: { reasoning } }: Target,
  losses: Loss[],
): JsonObject | undefined {
  if (!effort) return undefined;
  if (effort === 'none') return reasoning === undefined || reasoning === 'none' ? undefined : { type: 'disabled' };
  if (reasoning === 'none') {
    losses.push({ param: 'reasoning_effort', action: 'dropped', reason: 'the model does not reason' });
    return undefined;
  }
  const budget = BUDGET_TOKENS[effort];
  return { type: 'enabled', ...(budget !== undefined && { token_budget: budget }) };
}
