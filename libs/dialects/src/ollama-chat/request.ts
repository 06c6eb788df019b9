import type { ChatRequest, ReasoningEffort } from '@parley/contracts';
import type { EncodedRequest, Loss, Target } from '../dialect.ts';
import { isObject, withoutAbsent, type JsonObject } from '../json-values.ts';
import { HUB_FIELDS, reportUnsent } from '../unsent.ts';
import { encodeMessages } from './messages.ts';
import { encodeTools } from './tools.ts';

/** Ollama's own request fields, accepted in hub requests and passed on unchanged. */
const NATIVE_FIELDS = ['keep_alive', 'truncate', 'shift'] as const;

const HANDLED: ReadonlySet<string> = new Set([...NATIVE_FIELDS, ...HUB_FIELDS, 'options', 'think']);

/** Ollama knows three levels. */
const LEVELS: Readonly<Record<Exclude<ReasoningEffort, 'none'>, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/**
 * Writes the body of `POST /api/chat`: https://docs.ollama.com/api/chat. Streaming is on where it is not spoken of, so
 * that it is always said. Unknown fields are ignored there without a word, and therefore reported here.
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const losses: Loss[] = [];
  const messages = encodeMessages(request.messages, target, losses);
  const tools = encodeTools(request, target, losses);
  const options = encodeOptions(request);
  const body = withoutAbsent({
    model: target.upstreamModel,
    messages,
    stream: request.stream === true,
    ...tools,
    format: encodeFormat(request),
    think: request['think'] ?? encodeThink(request.reasoning_effort, target, losses),
    logprobs: request.logprobs === true ? true : undefined,
    top_logprobs: request.logprobs === true ? request.top_logprobs : undefined,
    options: Object.keys(options).length > 0 ? options : undefined,
  });
  for (const field of NATIVE_FIELDS) {
    if (request[field] !== undefined && request[field] !== null) body[field] = request[field];
  }
  reportUnsent(request, HANDLED, losses);
  return { body, losses };
}

/** https://docs.ollama.com/modelfile#valid-parameters-and-values; what the caller says in Ollama's own words wins. */
function encodeOptions(request: ChatRequest): JsonObject {
  const { stop } = request;
  return {
    ...withoutAbsent({
      num_predict: request.max_completion_tokens ?? request.max_tokens,
      temperature: request.temperature,
      top_p: request.top_p,
      top_k: request.top_k,
      seed: request.seed,
      stop: typeof stop === 'string' ? [stop] : stop,
      presence_penalty: request.presence_penalty,
      frequency_penalty: request.frequency_penalty,
    }),
    ...(isObject(request['options']) && request['options']),
  };
}

/** A schema is held by a grammar, so it is always strict. */
function encodeFormat({ response_format: format }: ChatRequest): unknown {
  if (!format || format.type === 'text') return undefined;
  return (format.type === 'json_schema' ? format.json_schema.schema : undefined) ?? 'json';
}

/** Models that think in levels (`effort`) cannot leave it; all the others read any level as "think". */
function encodeThink(
  effort: ReasoningEffort | null | undefined,
  { capabilities }: Target,
  losses: Loss[],
): boolean | string | undefined {
  if (!effort) return undefined;
  if (capabilities.reasoning === 'none') {
    // A model that cannot think refuses to be asked for it.
    if (effort !== 'none') {
      losses.push({ param: 'reasoning_effort', action: 'dropped', reason: 'the model does not reason' });
    }
    return undefined;
  }
  if (effort !== 'none') return LEVELS[effort];
  if (capabilities.reasoning !== 'effort') return false;
  losses.push({ param: 'reasoning_effort', action: 'emulated', reason: 'sent as low, the least level' });
  return 'low';
}
