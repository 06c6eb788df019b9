import { BATCH_LIMITS, type BatchEndpoint, type BatchProblem } from '@parley/contracts';
import type { NewItem } from '@parley/persistence';
import type { Line } from './line-splitter.ts';

const MAX_DEPTH = 128;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export type CheckedLine = { item: NewItem } | { problem: BatchProblem } | 'blank';

/** Checks one line of an input file by itself; that custom ids differ is checked by the caller. */
export function checkLine({ number, bytes }: Line, endpoint: BatchEndpoint): CheckedLine {
  const refuse = (code: string, message: string, param: string | null = null): CheckedLine => ({
    problem: { code, message, param, line: number },
  });
  if (bytes === null) {
    return refuse('line_too_long', `A line may have at most ${BATCH_LIMITS.maxLineBytes} bytes.`);
  }
  const text = decode(bytes);
  if (text === undefined) return refuse('invalid_encoding', 'The line is not valid UTF-8.');
  if (text.trim() === '') return 'blank';
  // Before parsing: whatever walks the value later must not run out of stack.
  if (nestsDeeperThan(MAX_DEPTH, text)) {
    return refuse('invalid_json_line', `The line nests lists and objects deeper than ${MAX_DEPTH} levels.`);
  }
  const request = parse(text);
  if (request === undefined) return refuse('invalid_json_line', 'The line is not valid JSON.');
  if (!isObject(request)) return refuse('invalid_json_line', 'The line must be a JSON object.');
  const { custom_id: customId, method, url, body } = request;
  if (typeof customId !== 'string' || !isCustomId(customId)) {
    return refuse(
      'invalid_custom_id',
      `custom_id must be a text of 1 to ${BATCH_LIMITS.maxCustomIdChars} characters.`,
      'custom_id',
    );
  }
  if (method !== 'POST') return refuse('invalid_method', 'method must be "POST".', 'method');
  if (url !== endpoint) return refuse('invalid_url', `url must be the endpoint of the batch, "${endpoint}".`, 'url');
  if (!isObject(body)) return refuse('missing_required_parameter', 'body must be a JSON object.', 'body');
  if (typeof body.model !== 'string' || body.model === '') {
    return refuse('missing_required_parameter', 'body.model must name a model.', 'body.model');
  }
  return { item: { line: number, customId, request: text } };
}

/** U+0000 and lone surrogates cannot be stored or sent unchanged, and two of them could look the same afterwards. */
const isCustomId = (value: string): boolean =>
  value !== '' && value.length <= BATCH_LIMITS.maxCustomIdChars && !value.includes('\0') && value.isWellFormed();

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Counts brackets outside strings, so it needs no stack and no valid JSON. */
export function nestsDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > limit) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}
