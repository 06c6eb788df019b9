import { describe, expect, it } from '@jest/globals';
import { decodeSchema } from './door-schema.ts';

describe('decodeSchema', () => {
  it.each([
    [{ type: 'STRING' }, { type: 'string' }],
    [{ type: 'TYPE_UNSPECIFIED' }, {}],
    [
      { type: 'string', format: 'enum', enum: ['a'] },
      { type: 'string', enum: ['a'] },
    ],
    [
      { type: 'ARRAY', items: { type: 'NUMBER' }, minItems: '1', max_items: '3' },
      { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 3 },
    ],
    [{ type: 'INTEGER', nullable: true }, { type: ['integer', 'null'] }],
    [
      { type: 'STRING', nullable: true, enum: ['a'] },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [{ any_of: [{ type: 'STRING' }], nullable: true }, { anyOf: [{ type: 'string' }, { type: 'null' }] }],
    [
      {
        type: 'OBJECT',
        properties: { any_of: { type: 'STRING' }, nullable: { type: 'BOOLEAN' } },
        required: ['any_of'],
        propertyOrdering: ['any_of'],
      },
      {
        type: 'object',
        properties: { any_of: { type: 'string' }, nullable: { type: 'boolean' } },
        required: ['any_of'],
      },
    ],
  ])('%j is %j', (schema, expected) => {
    expect(decodeSchema(schema)).toEqual(expected);
  });
});
