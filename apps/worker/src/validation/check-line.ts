import { BATCH_LIMITS, GatewayError, type BatchEndpoint, type BatchProblem } from '@parley/contracts';
import { findMembers, type JsonMember } from '@parley/dialects';
import type { NewItem } from '@parley/persistence';
import type { Line } from './line-splitter.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** `embeddingInputs`: what counts towards the limit of a batch of embeddings; 0 for other endpoints. */
export type CheckedLine = { item: NewItem; embeddingInputs: number } | { problem: BatchProblem } | 'blank';

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
  // Before parsing: whatever walks the value later must not run out of stack or read a repeated key differently.
  const members = scan(bytes);
  if (typeof members === 'string') return refuse('invalid_json_line', members);
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
  if (body.stream === true) return refuse('unsupported_parameter', 'A batch cannot stream.', 'body.stream');
  const { valueStart, valueEnd } = members.get('body')!;
  const bodyBytes = bytes.subarray(valueStart, valueEnd);
  const bodyMembers = scan(bodyBytes);
  if (typeof bodyMembers === 'string') return refuse('invalid_json_line', bodyMembers, 'body');
  const embeddingInputs = endpoint === '/v1/embeddings' ? countInputs(body.input) : 0;
  return { item: { line: number, customId, body: bodyBytes.toString() }, embeddingInputs };
}

/** A list of numbers is one text as tokens. */
const countInputs = (input: unknown): number =>
  Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;

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

/** The top-level members of a JSON object, or in one sentence why it cannot be taken. */
function scan(json: Buffer): Map<string, JsonMember> | string {
  try {
    return findMembers(json);
  } catch (error) {
    const { param, problem } = (error instanceof GatewayError && error.details.values) || {};
    if (param === undefined || problem === undefined) return 'The line is not valid JSON.';
    return `The line cannot be taken: ${param} ${problem}.`;
  }
}
