import type { JsonObject } from '../json.ts';
import {
  anything,
  array,
  boolean,
  type Check,
  decimal,
  integer,
  invalid,
  object,
  oneOf,
  string,
  wrongType,
} from './checks.ts';

/** The top-level fields of a chat completion request. https://platform.openai.com/docs/api-reference/chat/create */
const FIELDS = new Map<string, Check>(
  Object.entries({
    messages: array(1),
    model: string(),
    audio: object(),
    frequency_penalty: decimal(-2, 2),
    function_call: anything,
    functions: array(1),
    logit_bias: object(),
    logprobs: boolean(),
    max_completion_tokens: integer(1),
    max_tokens: integer(1),
    metadata: object(),
    modalities: array(1),
    moderation: object(),
    n: integer(1, 128),
    parallel_tool_calls: boolean(),
    prediction: object(),
    presence_penalty: decimal(-2, 2),
    prompt_cache_key: string(),
    prompt_cache_options: object(),
    prompt_cache_retention: oneOf('in_memory', '24h'),
    reasoning_effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    response_format: object(),
    safety_identifier: string(),
    seed: integer(Number.MIN_SAFE_INTEGER),
    service_tier: oneOf('auto', 'default', 'flex', 'scale', 'priority', 'fast'),
    stop: stopSequences,
    store: boolean(),
    stream: boolean(),
    stream_options: object(),
    temperature: decimal(0, 2),
    tool_choice: anything,
    tools: array(1),
    top_logprobs: integer(0, 20),
    top_p: decimal(0, 1),
    user: string(),
    verbosity: oneOf('low', 'medium', 'high'),
    web_search_options: object(),
  }),
);

/** The optional fields for which null is not "unset" but a wrong type. */
const NEVER_NULL = new Set(['messages', 'model', 'tools', 'tool_choice', 'user', 'parallel_tool_calls']);

/** Refuses unknown fields, wrong types and values out of range, in OpenAI's words. */
export function checkFields(body: JsonObject): void {
  for (const [name, value] of Object.entries(body)) {
    const check = FIELDS.get(name);
    if (!check) throw invalid(`Unrecognized request argument supplied: ${name}`);
    if (value !== null || NEVER_NULL.has(name)) check(value, name);
  }
  for (const name of ['messages', 'model']) {
    if (body[name] === undefined) {
      throw invalid(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter');
    }
  }
}

function stopSequences(value: unknown, name: string): void {
  if (typeof value === 'string') return;
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string')) {
    throw wrongType(name, 'a string or an array of strings', value);
  }
  if (value.length > 4) {
    const message = `Invalid '${name}': array too long. Expected an array with maximum length 4, but got an array with length ${value.length} instead.`;
    throw invalid(message, name, 'array_above_max_length');
  }
}
