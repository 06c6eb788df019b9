import { invalidRequest, type ChatRequest, type ReasoningEffort } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { countIn, fieldsOf, flagIn, numberIn, optionalFields, textIn, textsIn } from './door-fields.ts';
import { decodeSchema } from './door-schema.ts';
import { isObject, withoutAbsent, type JsonObject } from '../json-values.ts';

const CONFIG = 'generationConfig';

const DECODED: ReadonlySet<string> = new Set([
  'temperature',
  'topP',
  'topK',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'candidateCount',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
]);

/** Between the budgets that stand for each level in the other direction. */
const LEVELS_BY_BUDGET: readonly [upTo: number, level: ReasoningEffort][] = [
  [0, 'none'],
  [512, 'minimal'],
  [4096, 'low'],
  [16_384, 'medium'],
];
const LEVELS: Readonly<Record<string, ReasoningEffort>> = {
  MINIMAL: 'minimal',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
};

export type DecodedConfig = { fields: Partial<ChatRequest>; includeThoughts: boolean };

/** `generationConfig` in the hub's words. https://ai.google.dev/api/generate-content#GenerationConfig */
export function decodeGenerationConfig(value: unknown, losses: Loss[]): DecodedConfig {
  if (value === undefined || value === null) return { fields: {}, includeThoughts: false };
  const config = fieldsOf(value, CONFIG);
  const stop = textsIn(config, 'stopSequences', CONFIG);
  const logprobs = flagIn(config, 'responseLogprobs', CONFIG);
  const thinking = optionalFields(config['thinkingConfig'], `${CONFIG}.thinkingConfig`);
  const fields: Partial<ChatRequest> = {
    temperature: numberIn(config, 'temperature', CONFIG),
    top_p: numberIn(config, 'topP', CONFIG),
    top_k: numberIn(config, 'topK', CONFIG),
    max_tokens: countIn(config, 'maxOutputTokens', CONFIG, 1),
    stop: stop.length > 0 ? stop : undefined,
    seed: numberIn(config, 'seed', CONFIG),
    n: countIn(config, 'candidateCount', CONFIG, 1),
    presence_penalty: numberIn(config, 'presencePenalty', CONFIG),
    frequency_penalty: numberIn(config, 'frequencyPenalty', CONFIG),
    logprobs,
    top_logprobs: logprobs === true ? countIn(config, 'logprobs', CONFIG, 0) : undefined,
    response_format: decodeResponseFormat(config, losses),
    reasoning_effort: decodeThinking(thinking, `${CONFIG}.thinkingConfig`),
  };
  refuseModalities(config, losses);
  for (const field of Object.keys(config)) {
    if (DECODED.has(field)) continue;
    losses.push({ param: `${CONFIG}.${field}`, action: 'dropped', reason: 'only Gemini knows it' });
  }
  const includeThoughts = flagIn(thinking, 'includeThoughts', `${CONFIG}.thinkingConfig`) === true;
  return { fields: withoutAbsent(fields), includeThoughts };
}

/** A schema asks for JSON by itself, also where no type is named. */
function decodeResponseFormat(config: JsonObject, losses: Loss[]): ChatRequest['response_format'] | undefined {
  const mimeType = textIn(config, 'responseMimeType', CONFIG);
  if (mimeType !== undefined && mimeType !== 'application/json' && mimeType !== 'text/plain') {
    const reason = `answers of type ${mimeType} have no counterpart`;
    losses.push({ param: `${CONFIG}.responseMimeType`, action: 'refused', reason });
    return undefined;
  }
  const schema = decodeResponseSchema(config);
  if (schema) return { type: 'json_schema', json_schema: { name: 'response', schema } };
  return mimeType === 'application/json' ? { type: 'json_object' } : undefined;
}

function decodeResponseSchema({ responseJsonSchema, responseSchema }: JsonObject): JsonObject | undefined {
  if (responseJsonSchema !== undefined) return asSchema(responseJsonSchema, 'responseJsonSchema');
  return responseSchema === undefined ? undefined : decodeSchema(asSchema(responseSchema, 'responseSchema'));
}

function asSchema(value: unknown, field: string): JsonObject {
  if (isObject(value)) return value;
  throw invalidRequest(`${CONFIG}.${field}`, 'must be an object');
}

/** A budget of -1 leaves it to the model how long it thinks, which is what no word about it says as well. */
function decodeThinking(thinking: JsonObject, param: string): ReasoningEffort | undefined {
  const level = textIn(thinking, 'thinkingLevel', param)?.toUpperCase();
  if (level !== undefined && level !== 'THINKING_LEVEL_UNSPECIFIED') {
    if (!Object.hasOwn(LEVELS, level)) throw invalidRequest(`${param}.thinkingLevel`, 'is no level that is known');
    return LEVELS[level];
  }
  const budget = numberIn(thinking, 'thinkingBudget', param);
  if (budget === undefined || budget < 0) return undefined;
  return LEVELS_BY_BUDGET.find(([upTo]) => budget <= upTo)?.[1] ?? 'high';
}

/** Text alone must not pass for the picture or the voice that was asked for. */
function refuseModalities(config: JsonObject, losses: Loss[]): void {
  const wanted = textsIn(config, 'responseModalities', CONFIG).filter((modality) => modality.toUpperCase() !== 'TEXT');
  if (wanted.length === 0) return;
  const reason = `answers as ${wanted.join(', ').toLowerCase()} have no counterpart`;
  losses.push({ param: `${CONFIG}.responseModalities`, action: 'refused', reason });
}
