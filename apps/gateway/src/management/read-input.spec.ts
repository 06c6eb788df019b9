import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { parseInput } from './read-input.ts';

const schema = z.strictObject({
  name: z.string().min(2).max(4),
  count: z.number().int().optional(),
  kind: z.enum(['a', 'b']).optional(),
  list: z
    .array(z.strictObject({ flag: z.boolean() }))
    .max(1)
    .optional(),
});

/** `param: problem`, as the caller reads it. */
function complaintAbout(value: unknown): string {
  try {
    parseInput(schema, value);
    return 'none';
  } catch (error) {
    const { values = {} } = (error as GatewayError).details;
    return `${values.param}: ${values.problem}`;
  }
}

describe('reading input', () => {
  it.each([
    [{ name: 'abc', count: 1, kind: 'a', list: [{ flag: true }] }, 'none'],
    [undefined, 'body: is required'],
    [null, 'body: must be an object'],
    ['text', 'body: must be an object'],
    [[], 'body: must be an object'],
    [{}, 'name: is required'],
    [{ name: 7 }, 'name: must be a string'],
    [{ name: 'a' }, 'name: must be at least 2 characters long'],
    [{ name: 'abcde' }, 'name: must be at most 4 characters long'],
    [{ name: 'abc', count: 'x' }, 'count: must be a number'],
    [{ name: 'abc', count: 1.5 }, 'count: must be a whole number'],
    [{ name: 'abc', kind: 'c' }, 'kind: must be one of: a, b'],
    [{ name: 'abc', list: {} }, 'list: must be a list'],
    [{ name: 'abc', list: [{ flag: 1 }] }, 'list.0.flag: must be true or false'],
    [{ name: 'abc', list: [{ flag: true }, { flag: true }] }, 'list: must be at most 1 entries long'],
    [{ name: 'abc', other: 1 }, 'other: is not a known field'],
    [{ name: 'abc', list: [{ flag: true, deep: 1 }] }, 'list.0.deep: is not a known field'],
  ])('of %j it says: %s', (value, complaint) => {
    expect(complaintAbout(value)).toBe(complaint);
  });

  it('accepts or complains of whatever comes, and never changes it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = JSON.stringify(value);
        expect(complaintAbout(value)).not.toContain('undefined');
        expect(JSON.stringify(value)).toBe(before);
      }),
    );
  });
});
