import type { Loss } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/**
 * Constraints that Anthropic's structured outputs refuse although JSON Schema has them.
 * Source: https://docs.claude.com/en/docs/build-with-claude/structured-outputs (JSON Schema limitations)
 */
const UNSUPPORTED = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const;

/** Keywords whose value is one schema or a list of them. */
const NESTED = ['items', 'anyOf', 'allOf', 'oneOf', 'not', 'prefixItems'] as const;
/** Keywords whose value maps names to schemas. */
const NAMED = ['properties', '$defs', 'definitions'] as const;

/**
 * Writes a JSON schema the way Anthropic's structured outputs take it: objects closed, and constraints that the API
 * refuses told to the model in the description instead, so that they still guide the answer.
 */
export function encodeSchema(schema: JsonObject, param: string, losses: Loss[]): JsonObject {
  const told: string[] = [];
  const encoded = encodeNode(schema, told);
  if (told.length > 0) {
    const reason = `constraints moved into descriptions: ${[...new Set(told)].join(', ')}`;
    losses.push({ param, action: 'emulated', reason });
  }
  return encoded;
}

function encodeNode(schema: JsonObject, told: string[]): JsonObject {
  const node: JsonObject = { ...schema };
  for (const keyword of NESTED) {
    const value = node[keyword];
    if (Array.isArray(value)) node[keyword] = value.map((item: unknown) => encodeAny(item, told));
    else if (value !== undefined) node[keyword] = encodeAny(value, told);
  }
  for (const keyword of NAMED) {
    const value = node[keyword];
    if (isObject(value)) {
      node[keyword] = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, encodeAny(item, told)]));
    }
  }
  // `oneOf` is not supported; the answer matches one of them all the same.
  if (Array.isArray(node['oneOf']) && node['anyOf'] === undefined) {
    node['anyOf'] = node['oneOf'];
    delete node['oneOf'];
  }
  const bare = moveConstraints(node, told);
  return describesObject(bare) ? { ...bare, additionalProperties: false } : bare;
}

function encodeAny(value: unknown, told: string[]): unknown {
  return isObject(value) ? encodeNode(value, told) : value;
}

function describesObject(node: JsonObject): boolean {
  const { type } = node;
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isObject(node['properties']);
}

function moveConstraints(node: JsonObject, told: string[]): JsonObject {
  const notes: string[] = [];
  for (const keyword of [...UNSUPPORTED, ...sometimesUnsupported(node)]) {
    if (node[keyword] === undefined) continue;
    notes.push(`${keyword}: ${JSON.stringify(node[keyword])}`);
    told.push(keyword);
    delete node[keyword];
  }
  if (notes.length === 0) return node;
  const given = typeof node['description'] === 'string' ? `${node['description']} ` : '';
  return { ...node, description: `${given}(${notes.join(', ')})` };
}

/** `minItems` is supported for 0 and 1 only, and objects are always closed. */
function sometimesUnsupported(node: JsonObject): string[] {
  return [
    ...(typeof node['minItems'] === 'number' && node['minItems'] > 1 ? ['minItems'] : []),
    ...(isObject(node['additionalProperties']) ? ['additionalProperties'] : []),
  ];
}
