import { GatewayError, invalidRequest } from '@parley/contracts';

/** Where one top-level member of a JSON object lies: byte offsets, ends exclusive. */
export type JsonMember = { keyStart: number; valueStart: number; valueEnd: number };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Deeper bodies are no honest request and make recursive code overflow its stack. */
export const MAX_JSON_DEPTH = 128;

/**
 * Finds the top-level members of a JSON object without parsing it, so that one value can be replaced and every other
 * byte stay as the caller sent it. Refuses what two parsers could read differently (a key given twice: a second `model`
 * must never reach a provider unseen) and documents nested too deep. It is no validator: parse the same bytes as well.
 */
export function findMembers(json: Buffer): Map<string, JsonMember> {
  const members = new Map<string, JsonMember>();
  let depth = 0;
  let key: string | undefined;
  let keyStart = -1;
  let valueStart = -1;
  const close = (end: number): void => {
    if (key === undefined || valueStart < 0) return;
    addMember(members, key, { keyStart, valueStart, valueEnd: trimEnd(json, end) });
    key = undefined;
    valueStart = -1;
  };
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      const end = stringEnd(json, at);
      if (depth === 1 && key === undefined) {
        key = readKey(json, at, end);
        keyStart = at;
      } else if (depth === 1 && valueStart < 0) valueStart = at;
      at = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === 1 && key !== undefined && valueStart < 0) valueStart = at;
      depth += 1;
      if (depth > MAX_JSON_DEPTH)
        throw invalidRequest('body', `must not be nested deeper than ${MAX_JSON_DEPTH} levels`);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 1) close(at);
      depth -= 1;
    } else if (depth === 1) {
      if (byte === COMMA) close(at);
      else if (byte > 0x20 && byte !== COLON && key !== undefined && valueStart < 0) valueStart = at;
    }
  }
  return members;
}

function addMember(members: Map<string, JsonMember>, key: string, member: JsonMember): void {
  if (members.has(key)) throw invalidRequest(key, 'is given twice');
  if (key === '__proto__') throw invalidRequest(key, 'is not a field');
  members.set(key, member);
}

/** The offset just behind the string that opens at `start`. */
function stringEnd(json: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = json.indexOf(QUOTE, at);
    if (quote < 0) throw new GatewayError('invalid_json');
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function readKey(json: Buffer, start: number, end: number): string {
  const raw = json.toString('utf8', start, end);
  if (!raw.includes('\\')) return raw.slice(1, -1);
  try {
    return JSON.parse(raw) as string;
  } catch (cause) {
    throw new GatewayError('invalid_json', {}, { cause });
  }
}

function trimEnd(json: Buffer, end: number): number {
  let at = end;
  while (at > 0 && json[at - 1]! <= 0x20) at -= 1;
  return at;
}

/** What to do with a top-level member: its new value as JSON text, or undefined to leave it out. */
export type MemberEdits = ReadonlyMap<string, string | undefined>;

/**
 * Replaces, adds and removes top-level members. Members that are not edited keep their bytes and order; only where one
 * is removed does the white space between members go as well.
 */
export function editMembers(json: Buffer, members: ReadonlyMap<string, JsonMember>, edits: MemberEdits): Buffer {
  const removes = [...edits].some(([key, value]) => value === undefined && members.has(key));
  return removes ? rebuild(json, members, edits) : splice(json, members, edits);
}

function rebuild(json: Buffer, members: ReadonlyMap<string, JsonMember>, edits: MemberEdits): Buffer {
  const kept: string[] = addedMembers(members, edits);
  for (const [key, { keyStart, valueStart, valueEnd }] of members) {
    if (!edits.has(key)) kept.push(json.toString('utf8', keyStart, valueEnd));
    else if (edits.get(key) !== undefined) kept.push(json.toString('utf8', keyStart, valueStart) + edits.get(key));
  }
  return Buffer.from(`{${kept.join(',')}}`);
}

function splice(json: Buffer, members: ReadonlyMap<string, JsonMember>, edits: MemberEdits): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  const added = addedMembers(members, edits).join(',');
  if (added !== '') {
    at = json.indexOf(OPEN_BRACE) + 1;
    parts.push(json.subarray(0, at), Buffer.from(members.size > 0 ? `${added},` : added));
  }
  for (const [key, { valueStart, valueEnd }] of members) {
    const value = edits.get(key);
    if (value === undefined) continue;
    parts.push(json.subarray(at, valueStart), Buffer.from(value));
    at = valueEnd;
  }
  parts.push(json.subarray(at));
  return Buffer.concat(parts);
}

function addedMembers(members: ReadonlyMap<string, JsonMember>, edits: MemberEdits): string[] {
  const added: string[] = [];
  for (const [key, value] of edits) {
    if (value !== undefined && !members.has(key)) added.push(`${JSON.stringify(key)}:${value}`);
  }
  return added;
}
