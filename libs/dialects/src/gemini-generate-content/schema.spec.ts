import { describe, expect, it } from '@jest/globals';
import { encodeSchema } from './schema.ts';

describe('encodeSchema', () => {
  it('keeps every word of the schema but the name of the standard', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
      $ref: '#/$defs/node',
      additionalProperties: false,
    };
    const { $schema: _standard, ...rest } = schema;
    expect(encodeSchema(schema)).toEqual(rest);
    expect(schema.$schema).toBeDefined();
  });

  it('leaves a property of that name alone', () => {
    const schema = { type: 'object', properties: { $schema: { type: 'string' } } };
    expect(encodeSchema(schema)).toEqual(schema);
  });
});
