import { describe, expect, it } from '@jest/globals';
import type { Loss } from '../dialect.ts';
import { encodeSchema } from './schema.ts';

describe('encodeSchema', () => {
  it('leaves a schema that is supported as it is', () => {
    const schema = {
      type: 'object',
      properties: { list: { type: 'array', minItems: 1, items: { $ref: '#/$defs/x' } }, minimum: { type: 'number' } },
      required: ['list', 'minimum'],
      additionalProperties: false,
      $defs: { x: { enum: ['a', null] } },
    };
    const losses: Loss[] = [];
    expect(encodeSchema(schema, 'p', losses)).toEqual(schema);
    expect(losses).toEqual([]);
  });

  it('closes objects at every depth and tells refused constraints in descriptions', () => {
    const schema = {
      type: 'object',
      properties: {
        age: { type: 'integer', minimum: 0, maximum: 150, description: 'Years' },
        pets: { type: 'array', minItems: 2, items: { type: ['object', 'null'], properties: {} } },
        either: { oneOf: [{ type: 'string', maxLength: 3 }, { type: 'null' }] },
        map: { type: 'object', additionalProperties: { type: 'string' } },
      },
    };
    const losses: Loss[] = [];
    expect(encodeSchema(schema, 'p', losses)).toEqual({
      type: 'object',
      properties: {
        age: { type: 'integer', description: 'Years (minimum: 0, maximum: 150)' },
        pets: {
          type: 'array',
          items: { type: ['object', 'null'], properties: {}, additionalProperties: false },
          description: '(minItems: 2)',
        },
        either: { anyOf: [{ type: 'string', description: '(maxLength: 3)' }, { type: 'null' }] },
        map: { type: 'object', additionalProperties: false, description: '(additionalProperties: {"type":"string"})' },
      },
      additionalProperties: false,
    });
    expect(losses).toEqual([
      {
        param: 'p',
        action: 'emulated',
        reason: 'constraints moved into descriptions: minimum, maximum, minItems, maxLength, additionalProperties',
      },
    ]);
  });
});
