import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pageOf } from './page.ts';

describe('a page', () => {
  it('follows the one before, so that all pages together are the list', () => {
    const lists = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 30 });
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 10 }), (items, limit) => {
        const seen: string[] = [];
        for (let more = true; more;) {
          const page = pageOf(items, { limit, after: seen.at(-1) }, (item) => item);
          expect(page.data.length).toBeLessThanOrEqual(limit);
          seen.push(...page.data);
          more = page.has_more;
        }
        expect(seen).toEqual(items);
      }),
    );
  });

  it('cannot follow an entry that is not there', () => {
    expect(() => pageOf(['a'], { limit: 1, after: 'b' }, (item) => item)).toThrow('invalid_request');
  });
});
