import { isObject, type JsonObject } from '../json.ts';
import { WireError } from '../wire-error.ts';

type Check = (value: unknown, name: string) => void;

/** https://docs.anthropic.com/en/api/messages. What has no check here is checked where it is read. */
const FIELDS = new Map<string, Check>(
  Object.entries({
    model: string,
    messages: list,
    max_tokens: integer(1),
    system: anything,
    stream: boolean,
    temperature: number(0, 1),
    top_p: number(0, 1),
    top_k: integer(0),
    stop_sequences: stopSequences,
    tools: anything,
    tool_choice: anything,
    metadata,
    thinking: anything,
    service_tier: tier,
    output_config: dictionary,
    cache_control: dictionary,
    inference_geo: string,
    container: anything,
  }),
);

/** Known only to requests that name a beta. */
const BETA_FIELDS = new Set(['context_management', 'mcp_servers', 'output_format', 'speed']);
const REQUIRED = ['model', 'max_tokens', 'messages'];
/** https://docs.anthropic.com/en/api/messages-count-tokens: no answer comes that they could shape. */
const NOT_COUNTED = new Set(
  'max_tokens stream temperature top_p top_k stop_sequences metadata service_tier inference_geo container'.split(' '),
);

/** Refuses missing, unknown and mistyped fields in Anthropic's words. */
export function checkFields(body: JsonObject, hasBeta: boolean, isCount: boolean): void {
  const isTaken = (name: string): boolean => !isCount || !NOT_COUNTED.has(name);
  const missing = REQUIRED.find((name) => isTaken(name) && body[name] === undefined);
  if (missing !== undefined) throw invalid(`${missing}: Field required`);
  for (const [name, value] of Object.entries(body)) {
    const check = isTaken(name) ? FIELDS.get(name) : undefined;
    if (check) check(value, name);
    else if (!hasBeta || !BETA_FIELDS.has(name)) throw invalid(`${name}: Extra inputs are not permitted`);
  }
}

export function invalid(message: string): WireError {
  return new WireError(400, message);
}

export function integer(minimum: number): Check {
  return (value, name) => {
    if (value === undefined) throw invalid(`${name}: Field required`);
    if (!Number.isInteger(value)) throw invalid(`${name}: Input should be a valid integer`);
    if (Number(value) < minimum) throw invalid(`${name}: Input should be greater than or equal to ${minimum}`);
  };
}

function number(minimum: number, maximum: number): Check {
  return (value, name) => {
    if (typeof value !== 'number') throw invalid(`${name}: Input should be a valid number`);
    if (value < minimum || value > maximum) throw invalid(`${name}: range: ${minimum}..${maximum}`);
  };
}

function anything(): void {}

function string(value: unknown, name: string): void {
  if (typeof value !== 'string') throw invalid(`${name}: Input should be a valid string`);
  if (value === '') throw invalid(`${name}: String should have at least 1 character`);
}

function boolean(value: unknown, name: string): void {
  if (typeof value !== 'boolean') throw invalid(`${name}: Input should be a valid boolean`);
}

function dictionary(value: unknown, name: string): void {
  if (!isObject(value)) throw invalid(`${name}: Input should be a valid dictionary`);
}

function list(value: unknown, name: string): void {
  if (!Array.isArray(value)) throw invalid(`${name}: Input should be a valid list`);
  if (value.length === 0) throw invalid(`${name}: at least one message is required`);
}

function stopSequences(value: unknown, name: string): void {
  if (!Array.isArray(value)) throw invalid(`${name}: Input should be a valid list`);
  for (const [index, entry] of value.entries()) {
    if (typeof entry !== 'string') throw invalid(`${name}.${index}: Input should be a valid string`);
    if (entry.trim() === '') throw invalid(`${name}: each stop sequence must contain non-whitespace`);
  }
}

function metadata(value: unknown, name: string): void {
  if (!isObject(value)) throw invalid(`${name}: Input should be a valid dictionary`);
  for (const field of Object.keys(value)) {
    if (field !== 'user_id') throw invalid(`${name}.${field}: Extra inputs are not permitted`);
  }
}

function tier(value: unknown, name: string): void {
  if (value !== 'auto' && value !== 'standard_only') {
    throw invalid(`${name}: Input should be 'auto' or 'standard_only'`);
  }
}
