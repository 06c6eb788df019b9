import type { JsonObject } from '../json-values.ts';

/**
 * A JSON Schema for `parametersJsonSchema` and `responseJsonSchema`, which take the standard's words as they are (`$ref`,
 * `$defs`, `const`, `oneOf`, `additionalProperties`), where the older `parameters` and `responseSchema` refuse them:
 * https://ai.google.dev/gemini-api/docs/structured-output#json_schema_support
 * Only `$schema` goes: it names the standard and is no part of the supported set.
 */
export function encodeSchema(schema: JsonObject): JsonObject {
  const { $schema: _standard, ...rest } = schema;
  return rest;
}
