import { isObject, type JsonObject, objectsOf, stringOf } from './json.ts';

const MAX_DEPTH = 12;
/** Deeper than this, arrays that may be empty are: schemas of trees would grow without end. */
const MAX_UNASKED_DEPTH = 4;
const MAX_SIZE = 1000;

const FORMATS = new Map(
  Object.entries({
    date: '2026-01-01',
    time: '00:00:00Z',
    'date-time': '2026-01-01T00:00:00Z',
    email: 'sample@example.com',
    uri: 'https://example.com/',
    uuid: '00000000-0000-4000-8000-000000000000',
    ipv4: '192.0.2.1',
  }),
);

/**
 * The smallest value a JSON Schema accepts, always the same: required fields only, strings `sample`, numbers 1,
 * enums their first value. Reads Gemini's upper-case type names too. Patterns are not solved.
 */
export function sampleFromSchema(schema: JsonObject): unknown {
  return sample(schema, schema, 0);
}

function sample(schema: JsonObject, root: JsonObject, depth: number): unknown {
  if (depth > MAX_DEPTH) return null;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  if (typeof schema.$ref === 'string') return sample(resolveReference(schema.$ref, root), root, depth + 1);
  const alternative = objectsOf(schema.anyOf)[0] ?? objectsOf(schema.oneOf)[0];
  if (alternative) return sample({ ...withoutChoices(schema), ...alternative }, root, depth + 1);
  if (Array.isArray(schema.allOf)) return sample(mergeAll(schema, root), root, depth + 1);
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, root, depth);
    case 'array':
      return sampleArray(schema, root, depth);
    case 'integer':
    case 'number':
      return sampleNumber(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleString(schema);
  }
}

function typeOf(schema: JsonObject): string {
  const type: unknown = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (typeof type === 'string') return type.toLowerCase();
  if (isObject(schema.properties) || Object.keys(schema).length === 0) return 'object';
  return schema.items === undefined ? 'string' : 'array';
}

function sampleObject(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(stringOf) : [];
  return Object.fromEntries(
    required.map((name) => {
      const property = properties[name];
      return [name, isObject(property) ? sample(property, root, depth + 1) : 'sample'];
    }),
  );
}

function sampleArray(schema: JsonObject, root: JsonObject, depth: number): unknown[] {
  const items = isObject(schema.items) ? schema.items : { type: 'string' };
  const most = typeof schema.maxItems === 'number' ? schema.maxItems : MAX_SIZE;
  const length = Math.min(Math.max(0, Number(schema.minItems ?? (depth < MAX_UNASKED_DEPTH ? 1 : 0))), most, MAX_SIZE);
  return Array.from({ length }, () => sample(items, root, depth + 1));
}

function sampleNumber(schema: JsonObject): number {
  const above = typeof schema.exclusiveMinimum === 'number' ? schema.exclusiveMinimum + 1 : Number.NEGATIVE_INFINITY;
  const least = typeof schema.minimum === 'number' ? schema.minimum : Number.NEGATIVE_INFINITY;
  const most = typeof schema.maximum === 'number' ? schema.maximum : Number.POSITIVE_INFINITY;
  return Math.min(Math.max(1, above, least), most);
}

function sampleString(schema: JsonObject): string {
  const text = FORMATS.get(stringOf(schema.format)) ?? 'sample';
  const padded = typeof schema.minLength === 'number' ? text.padEnd(Math.min(schema.minLength, MAX_SIZE), '.') : text;
  return typeof schema.maxLength === 'number' ? padded.slice(0, schema.maxLength) : padded;
}

function resolveReference(reference: string, root: JsonObject): JsonObject {
  let node: unknown = root;
  for (const step of reference.replace(/^#\/?/u, '').split('/').filter(Boolean)) {
    node = isObject(node) ? node[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return isObject(node) ? node : {};
}

function withoutChoices(schema: JsonObject): JsonObject {
  const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema;
  return rest;
}

function mergeAll(schema: JsonObject, root: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  const parts = [rest, ...objectsOf(allOf)].map((part) =>
    typeof part.$ref === 'string' ? resolveReference(part.$ref, root) : part,
  );
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map((part) => part.properties)),
    required: parts.flatMap((part) => (Array.isArray(part.required) ? part.required : [])),
  };
}
