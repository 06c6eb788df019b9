import type { ChatRequest, ReasoningEffort } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, withoutAbsent, type JsonObject } from '../json-values.ts';
import { encodeSchema } from './schema.ts';

/** https://ai.google.dev/api/generate-content#GenerationConfig */
const MAX_STOP_SEQUENCES = 5;

const LEVELS: Readonly<Record<ReasoningEffort, string>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
};

/** The budgets behind Google's own OpenAI endpoint: https://ai.google.dev/gemini-api/docs/openai#thinking */
const BUDGETS: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

export function encodeGenerationConfig(request: ChatRequest, target: Target, losses: Loss[]): JsonObject {
  return withoutAbsent({
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    maxOutputTokens: request.max_completion_tokens ?? request.max_tokens,
    stopSequences: encodeStop(request.stop, losses),
    seed: request.seed,
    candidateCount: request.n,
    presencePenalty: request.presence_penalty,
    frequencyPenalty: request.frequency_penalty,
    ...(request.logprobs === true && { responseLogprobs: true, logprobs: request.top_logprobs }),
    ...encodeResponseFormat(request.response_format, losses),
    thinkingConfig: encodeThinking(request.reasoning_effort, target, losses),
  });
}

function encodeStop(stop: ChatRequest['stop'], losses: Loss[]): string[] | undefined {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  if (sequences.length > MAX_STOP_SEQUENCES) {
    losses.push({ param: 'stop', action: 'dropped', reason: 'only the first five stop sequences are sent' });
  }
  return sequences.length === 0 ? undefined : sequences.slice(0, MAX_STOP_SEQUENCES);
}

function encodeResponseFormat(format: ChatRequest['response_format'], losses: Loss[]): JsonObject {
  if (!format || format.type === 'text') return {};
  if (format.type === 'json_object') return { responseMimeType: 'application/json' };
  if (format.type === 'json_schema') {
    const { schema } = format.json_schema;
    return {
      responseMimeType: 'application/json',
      ...(isObject(schema) && { responseJsonSchema: encodeSchema(schema) }),
    };
  }
  losses.push({ param: 'response_format', action: 'refused', reason: 'this format has no counterpart' });
  return {};
}

/**
 * Gemini 3 takes a level, 2.5 a budget, and each call only one of them. Where the model is not known, the budget is sent:
 * 2.5 refuses levels, while 3 still reads budgets.
 * https://ai.google.dev/gemini-api/docs/thinking
 */
function encodeThinking(
  effort: ReasoningEffort | null | undefined,
  { capabilities }: Target,
  losses: Loss[],
): JsonObject | undefined {
  if (!effort) return undefined;
  if (capabilities.reasoning === 'none') {
    if (effort !== 'none') {
      losses.push({ param: 'reasoning_effort', action: 'dropped', reason: 'the model does not reason' });
    }
    return undefined;
  }
  if (!Object.hasOwn(BUDGETS, effort)) {
    losses.push({ param: 'reasoning_effort', action: 'dropped', reason: 'unknown level' });
    return undefined;
  }
  const takesLevel = capabilities.reasoning === 'effort' || capabilities.reasoning === 'adaptive';
  if (takesLevel && effort === 'none') {
    losses.push({ param: 'reasoning_effort', action: 'emulated', reason: 'reasoning cannot be off, minimal is asked' });
  }
  return {
    ...(takesLevel ? { thinkingLevel: LEVELS[effort] } : { thinkingBudget: BUDGETS[effort] }),
    ...(effort !== 'none' && { includeThoughts: true }),
  };
}
