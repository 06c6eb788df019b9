import { findMembers, editMembers, type JsonMember } from '../json-members.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';

/** One stored turn: the JSON of its own input items, and of the response to them. */
export type StoredTurn = { input: string; response: string };

/** A body of `POST /v1/responses`, as text and as parsed. */
export type ResponsesBody = { bytes: Buffer; members: ReadonlyMap<string, JsonMember>; value: unknown };

/** Says of a parsed body that the conversation it refers to stands in its input already. */
const RECALLED: unique symbol = Symbol('the earlier turns stand in the input');

export const isRecalled = (body: unknown): boolean => isObject(body) && RECALLED in body;

/** The response that a body goes on from, and whether its own is to be kept: it is unless the client says otherwise. */
export function readMemory(body: unknown): { previousId: string | undefined; store: 'asked' | 'by default' | 'no' } {
  if (!isObject(body)) return { previousId: undefined, store: 'no' };
  const { previous_response_id: previous, store } = body;
  return {
    previousId: typeof previous === 'string' ? previous : undefined,
    store: store === false ? 'no' : store === true ? 'asked' : 'by default',
  };
}

/** The input of a body as the text of a list of items; what the client wrote stays as it is. */
export function inputText({ bytes, members }: Pick<ResponsesBody, 'bytes' | 'members'>): string {
  const member = members.get('input');
  const text = member ? bytes.toString('utf8', member.valueStart, member.valueEnd) : '[]';
  if (text.startsWith('"')) return `[{"role":"user","content":${text}}]`;
  return text.startsWith('[') ? text : '[]';
}

/** The body with the earlier turns before its own input, so that any provider can go on from them. */
export function recallTurns(body: ResponsesBody, turns: readonly StoredTurn[]): ResponsesBody {
  const earlier = turns.flatMap((turn) => [inner(turn.input), outputText(turn.response)]);
  const input = `[${[...earlier, inner(inputText(body))].filter((text) => text !== '').join(',')}]`;
  const bytes = editMembers(body.bytes, body.members, new Map([['input', input]]));
  const value = { ...(body.value as JsonObject), input: JSON.parse(input) as unknown, [RECALLED]: true };
  return { bytes, members: findMembers(bytes), value };
}

const inner = (list: string): string => list.slice(1, -1).trim();

function outputText(response: string): string {
  const { output } = JSON.parse(response) as JsonObject;
  return objectsIn(output)
    .flatMap(itemForInput)
    .map((item) => JSON.stringify(item))
    .join(',');
}

/**
 * An output item as input. Ids are what one provider would look up: `Item with id 'rs_...' not found`, and `Item 'fc_...'
 * was provided without its required 'reasoning' item`. Reasoning without its encrypted content is such an id alone.
 */
export function itemForInput(item: JsonObject): JsonObject[] {
  const { id: _id, ...rest } = item;
  if (item['type'] === 'message') return [messageForInput(rest)];
  if (item['type'] === 'function_call') return [rest];
  return item['type'] === 'reasoning' && textOr(item['encrypted_content'], '') === '' ? [] : [item];
}

/** A message that has no id is of a form that holds plain text, but no parts of an output. Source: `EasyInputMessage`. */
function messageForInput({ status, content, ...message }: JsonObject): JsonObject {
  const parts = objectsIn(content);
  const isPlain = parts.length > 0 && parts.every(({ type }) => type === 'output_text');
  return isPlain
    ? { ...message, content: parts.map(({ text }) => textOr(text, '')).join('') }
    : { ...message, status, content };
}
