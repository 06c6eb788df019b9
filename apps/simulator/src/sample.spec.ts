import { describe, expect, it } from '@jest/globals';
import { sampleFromSchema } from './sample.ts';

describe('a sample of a schema', () => {
  it('has required fields only', () => {
    const properties = {
      a: { type: 'string' },
      b: { type: 'number' },
      c: { enum: ['x', 'y'] },
      d: { type: 'boolean' },
    };
    expect(sampleFromSchema({ type: 'object', properties, required: ['a', 'b', 'c'] })).toEqual({
      a: 'sample',
      b: 1,
      c: 'x',
    });
  });

  it('keeps to bounds and formats', () => {
    expect(sampleFromSchema({ type: 'integer', minimum: 5 })).toBe(5);
    expect(sampleFromSchema({ type: 'integer', maximum: 0 })).toBe(0);
    expect(sampleFromSchema({ type: 'string', minLength: 8 })).toHaveLength(8);
    expect(sampleFromSchema({ type: 'string', maxLength: 3 })).toBe('sam');
    expect(sampleFromSchema({ type: 'string', format: 'date' })).toBe('2026-01-01');
    expect(sampleFromSchema({ type: 'array', items: { type: 'null' }, minItems: 2 })).toEqual([null, null]);
  });

  it('follows references, choices and conjunctions', () => {
    const $defs = { city: { type: 'string', const: 'Oslo' } };
    expect(sampleFromSchema({ $ref: '#/$defs/city', $defs })).toBe('Oslo');
    expect(sampleFromSchema({ anyOf: [{ type: 'integer' }, { type: 'null' }] })).toBe(1);
    const allOf = [
      { properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { b: { type: 'integer' } }, required: ['b'] },
    ];
    expect(sampleFromSchema({ type: 'object', allOf })).toEqual({ a: 'sample', b: 1 });
  });

  it('reads the upper-case types of Gemini, and ends for a schema that refers to itself', () => {
    expect(sampleFromSchema({ type: 'OBJECT', properties: { a: { type: 'INTEGER' } }, required: ['a'] })).toEqual({
      a: 1,
    });
    const node = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] };
    expect(JSON.stringify(sampleFromSchema(node))).toContain('null');
  });
});
