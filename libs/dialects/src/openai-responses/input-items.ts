import type { StoredTurn } from './conversation.ts';
import { itemType } from './door-schema.ts';
import { objectsIn, textOr, type JsonObject } from '../json-values.ts';

/** An item as the API lists it. */
export type InputItem = JsonObject & { id: string };

/** The prefixes of the ids, and the types that say how far they are. */
const PREFIXES: Readonly<Partial<Record<string, string>>> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
};

/**
 * What the last of these turns was made from: the turns before it and its own input, the oldest first. Clients leave ids
 * out that this API always tells; the ones given here are the same whenever they are asked for. Source:
 * https://platform.openai.com/docs/api-reference/responses/input-items
 */
export function listInputItems(turns: readonly StoredTurn[]): InputItem[] {
  const seen = new Set<string>();
  return turns.flatMap(({ input, response }, place) => {
    const { id, output } = JSON.parse(response) as JsonObject;
    const said = place < turns.length - 1 ? objectsIn(output) : [];
    const name = textOr(id, '').replace(/^resp_/, '');
    return [...objectsIn(JSON.parse(input)), ...said].map((item, index) => {
      const named = completeItem(item, `${name}_in${index}`);
      const own = textOr(item['id'], '');
      // A list is read on from an id, so none may stand in it twice.
      const listed = own === '' || seen.has(own) ? named : { ...named, id: own };
      seen.add(listed.id);
      return listed;
    });
  });
}

function completeItem(item: JsonObject, name: string): InputItem {
  const type = itemType(item);
  const prefix = PREFIXES[type];
  if (prefix === undefined) return { ...item, id: `${type === 'reasoning' ? 'rs' : 'item'}_${name}` };
  const { content, status } = item;
  return {
    ...item,
    id: `${prefix}_${name}`,
    type,
    status: status ?? 'completed',
    ...(typeof content === 'string' && { content: [textPart(content, item['role'])] }),
  };
}

const textPart = (text: string, role: unknown): JsonObject =>
  role === 'assistant' ? { type: 'output_text', text, annotations: [], logprobs: [] } : { type: 'input_text', text };
