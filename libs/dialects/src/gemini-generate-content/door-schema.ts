import { isObject, objectsIn, type JsonObject } from '../json-values.ts';

/** Numbers that are 64 bits long at Google, and therefore texts in its JSON. */
const COUNTS: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
]);

/** Words of Google's alone. They say nothing about which values are allowed. */
const GOOGLE_ONLY: ReadonlySet<string> = new Set(['nullable', 'propertyOrdering', 'example']);

/**
 * Google's `Schema`, a dialect of OpenAPI 3.0, as JSON Schema: types in small letters, `nullable` as the type `null`.
 * https://ai.google.dev/api/caching#Schema
 */
export function decodeSchema(schema: JsonObject): JsonObject {
  const decoded: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    const word = schemaWord(name);
    if (value !== null && !GOOGLE_ONLY.has(word)) Object.assign(decoded, decodeWord(word, value));
  }
  return schema['nullable'] === true ? allowNull(decoded) : decoded;
}

const schemaWord = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function decodeWord(word: string, value: unknown): JsonObject {
  if (word === 'type') return decodeType(value);
  if (word === 'format') return value === 'enum' ? {} : { format: value };
  if (word === 'items') return { items: isObject(value) ? decodeSchema(value) : value };
  if (word === 'anyOf') return { anyOf: objectsIn(value).map(decodeSchema) };
  if (word === 'properties' && isObject(value)) return { properties: decodeProperties(value) };
  if (COUNTS.has(word) && typeof value === 'string') return { [word]: Number(value) };
  return { [word]: value };
}

function decodeType(type: unknown): JsonObject {
  if (type === 'TYPE_UNSPECIFIED') return {};
  return { type: typeof type === 'string' ? type.toLowerCase() : type };
}

/** The names are the caller's own. */
function decodeProperties(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, isObject(schema) ? decodeSchema(schema) : schema]),
  );
}

function allowNull(schema: JsonObject): JsonObject {
  const { type, enum: values, anyOf } = schema;
  return {
    ...schema,
    ...(typeof type === 'string' && { type: [type, 'null'] }),
    ...(Array.isArray(values) && { enum: [...(values as unknown[]), null] }),
    ...(Array.isArray(anyOf) && { anyOf: [...(anyOf as unknown[]), { type: 'null' }] }),
  };
}
