import { isObject, type JsonObject } from '../json.ts';
import { WireError } from '../wire-error.ts';

/** Checks one field; `name` is its path as OpenAI writes it. */
type Check = (value: unknown, name: string) => void;

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

export function invalid(message: string, param?: string, code?: string): WireError {
  return new WireError(400, message, { param, code });
}

export function wrongType(name: string, expected: string, value: unknown): WireError {
  return invalid(
    `Invalid type for '${name}': expected ${expected}, but got ${describeType(value)} instead.`,
    name,
    'invalid_type',
  );
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function anything(): void {}

function string(): Check {
  return (value, name) => {
    if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  };
}

function boolean(): Check {
  return (value, name) => {
    if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
  };
}

function object(): Check {
  return (value, name) => {
    if (!isObject(value)) throw wrongType(name, 'an object', value);
  };
}

function array(minimum: number): Check {
  return (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, 'an array', value);
    if (value.length < minimum) {
      const message = `Invalid '${name}': empty array. Expected an array with minimum length ${minimum}, but got an empty array instead.`;
      throw invalid(message, name, 'empty_array');
    }
  };
}

function oneOf(...choices: string[]): Check {
  return (value, name) => {
    if (typeof value !== 'string') throw wrongType(name, 'a string', value);
    if (!choices.includes(value)) {
      const supported = choices.map((choice) => `'${choice}'`).join(', ');
      throw invalid(`Invalid value: '${value}'. Supported values are: ${supported}.`, name, 'invalid_value');
    }
  };
}

function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER): Check {
  return (value, name) => {
    if (!Number.isInteger(value)) throw wrongType(name, 'an integer', value);
    checkRange(Number(value), name, 'integer', minimum, maximum);
  };
}

function decimal(minimum: number, maximum: number): Check {
  return (value, name) => {
    if (typeof value !== 'number') throw wrongType(name, 'a decimal', value);
    checkRange(value, name, 'decimal', minimum, maximum);
  };
}

function checkRange(value: number, name: string, kind: string, minimum: number, maximum: number): void {
  const [side, sign, bound] = value < minimum ? ['below minimum', '>=', minimum] : ['above maximum', '<=', maximum];
  if (value >= minimum && value <= maximum) return;
  const code = `${kind}_${side === 'below minimum' ? 'below_min' : 'above_max'}_value`;
  const message = `Invalid '${name}': ${kind} ${side} value. Expected a value ${sign} ${bound}, but got ${value} instead.`;
  throw invalid(message, name, code);
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
