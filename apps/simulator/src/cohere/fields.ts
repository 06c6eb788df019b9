import { isObject, type JsonObject } from '../json.ts';
import { WireError } from '../wire-error.ts';

type Check = (value: unknown, name: string) => void;

const SEE = 'For proper usage, please refer to https://docs.cohere.com/reference/chat';

/** The fields of `POST /v2/chat`: https://docs.cohere.com/reference/chat */
const FIELDS = new Map<string, Check>(
  Object.entries({
    model: ofType('string'),
    messages: list,
    stream: ofType('boolean'),
    tools: list,
    tool_choice: oneOf('REQUIRED', 'NONE'),
    strict_tools: ofType('boolean'),
    documents: list,
    citation_options: object,
    response_format: object,
    safety_mode: oneOf('CONTEXTUAL', 'STRICT', 'OFF'),
    max_tokens: within(0, Number.MAX_SAFE_INTEGER),
    stop_sequences: stopSequences,
    temperature: within(0, Number.MAX_SAFE_INTEGER),
    seed: within(0, Number.MAX_SAFE_INTEGER),
    frequency_penalty: within(0, 1),
    presence_penalty: within(0, 1),
    k: within(0, 500),
    p: within(0.01, 0.99),
    logprobs: ofType('boolean'),
    thinking: object,
    priority: within(0, 999),
    raw_prompting: ofType('boolean'),
  }),
);

/** Refuses unknown fields, wrong types and values out of range, in Cohere's words. */
export function checkFields(body: JsonObject): void {
  for (const [name, value] of Object.entries(body)) {
    const check = FIELDS.get(name);
    if (!check) throw new WireError(422, `unknown field: parameter '${name}' is not a valid field`);
    if (value !== null) check(value, name);
  }
  for (const name of ['model', 'messages']) {
    if (body[name] === undefined || body[name] === null) throw invalid(`${name} is required`);
  }
  if (isPenalty(body.frequency_penalty) && isPenalty(body.presence_penalty)) {
    throw invalid("only one of 'presence_penalty' and 'frequency_penalty' can be specified for this model.");
  }
}

export function invalid(problem: string): WireError {
  return new WireError(400, `invalid request: ${problem}`);
}

export function wrongType(value: unknown, name: string, wanted: string): WireError {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return new WireError(
    400,
    `invalid type: parameter ${name} is of type ${kind} but should be of type ${wanted}. ${SEE}`,
  );
}

function isPenalty(value: unknown): boolean {
  return typeof value === 'number' && value !== 0;
}

function ofType(type: 'string' | 'boolean'): Check {
  return (value, name) => {
    if (typeof value !== type) throw wrongType(value, name, type);
  };
}

function list(value: unknown, name: string): void {
  if (!Array.isArray(value)) throw wrongType(value, name, 'array');
}

function object(value: unknown, name: string): void {
  if (!isObject(value)) throw wrongType(value, name, 'object');
}

function oneOf(...choices: string[]): Check {
  return (value, name) => {
    if (!choices.some((choice) => choice === value)) throw invalid(`${name} must be one of: ${choices.join(', ')}`);
  };
}

function within(least: number, most: number): Check {
  return (value, name) => {
    if (typeof value !== 'number') throw wrongType(value, name, 'float64');
    if (value < least || value > most) throw invalid(`${name} must be between ${least} and ${most} inclusive.`);
  };
}

function stopSequences(value: unknown, name: string): void {
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string')) throw wrongType(value, name, 'array');
  if (value.length > 5) throw invalid('at most 5 stop sequences are allowed.');
}
