import { itemForInput, type ResponsesBody } from './conversation.ts';
import { editMembers, findMembers } from '../json-members.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';

/** The ids that Parley gives to output items say to which response they belong. A provider's own look otherwise. */
const OWN_ITEM_ID = /^(?:msg|rs|fc)_(.+)_\d+$/;

/** The ids of the items to which a body refers instead of repeating them. */
export const referredItems = (body: unknown): string[] =>
  (isObject(body) ? objectsIn(body['input']) : []).filter(isReference).map(({ id }) => textOr(id, ''));

/** The ids of the items of a response. */
export const itemsOf = (response: unknown): string[] =>
  (isObject(response) ? objectsIn(response['output']) : []).map(({ id }) => textOr(id, ''));

/** The responses of Parley's whose items a body refers to instead of repeating them. */
export function referredResponses(body: unknown): string[] {
  const names = referredItems(body).map((id) => OWN_ITEM_ID.exec(id)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].map((name) => `resp_${name}`);
}

/** The body with the items of these stored responses in place of references to them, so that any provider can read it. */
export function resolveReferences(body: ResponsesBody, responses: readonly string[]): ResponsesBody {
  const found = new Map<unknown, JsonObject[]>();
  for (const response of responses) {
    const { output } = JSON.parse(response) as JsonObject;
    for (const item of objectsIn(output)) found.set(item['id'], itemForInput(item));
  }
  const value = body.value as JsonObject;
  const input = (value['input'] as unknown[]).flatMap((item) =>
    isObject(item) && isReference(item) ? (found.get(item['id']) ?? [item]) : [item],
  );
  const bytes = editMembers(body.bytes, body.members, new Map([['input', JSON.stringify(input)]]));
  return { bytes, members: findMembers(bytes), value: { ...value, input } };
}

function isReference(item: JsonObject): boolean {
  return item['type'] === 'item_reference';
}
