import { badAnswer } from '@parley/dialects';
import type { ListedModel } from '../provider.ts';

/** One model of a list, as the vendor tells it. */
export type Entry = Readonly<Record<string, unknown>>;

const MAX_MODELS = 10_000;
const MAX_NAME_CHARS = 256;

/**
 * Reads a list that is the body itself, or the first of these members that holds one. Entries that make no sense are left
 * out, and what comes twice is kept once. Throws `provider_bad_answer` when the body is no model list.
 */
export function readEntries(
  body: unknown,
  members: readonly string[],
  read: (entry: Entry) => ListedModel,
): ListedModel[] {
  const list = Array.isArray(body) ? body : members.map((member) => asEntry(body)[member]).find(Array.isArray);
  if (!list) throw badAnswer('the model list is none');
  const entries = list.slice(0, MAX_MODELS).filter((entry) => typeof entry === 'object' && entry !== null) as Entry[];
  const models = entries.map(read).filter(({ id }) => isName(id));
  return [...new Map(models.map((model) => [model.id, model])).values()];
}

/** A model of which only the name is known. */
export const namedModel = (id: unknown, displayName: unknown = null): ListedModel => {
  return { id: asText(id) ?? '', displayName: asText(displayName), contextLength: null, maxOutputTokens: null };
};

const isName = (id: string): boolean => id.length <= MAX_NAME_CHARS && /^[^\s\p{Cc}]+$/u.test(id);

export const asText = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= MAX_NAME_CHARS ? value : null;

export const asCount = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;

/** The members of an object; none where the value is no object. */
export const asEntry = (value: unknown): Entry => (typeof value === 'object' && value !== null ? (value as Entry) : {});

/** Whether a list of names holds this one; undefined where there is no such list. */
export const holds = (list: unknown, name: string): boolean | undefined =>
  Array.isArray(list) ? list.includes(name) : undefined;

export const asFlag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** The facts that are known; a field that is undefined is left out. */
export const known = <Facts extends object>(
  facts: Facts,
): { [Name in keyof Facts]?: Exclude<Facts[Name], undefined> } =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as never;
