import { describe, expect, it } from '@jest/globals';
import { readRetryAfterMs } from './retry-after.ts';

const DATE = 'Wed, 19 Aug 2026 14:34:17 GMT';

describe('readRetryAfterMs', () => {
  it.each([
    ['nothing', {}, undefined],
    ['whole seconds', { 'retry-after': '7' }, 7000],
    ['no wait', { 'retry-after': '0' }, 0],
    ['broken seconds, rounded up', { 'retry-after': '0.0001' }, 1],
    ['milliseconds before seconds', { 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    ['unreadable milliseconds, then seconds', { 'retry-after-ms': 'soon', 'retry-after': '7' }, 7000],
    ['the first of a repeated header', { 'retry-after': ['3', '9'] }, 3000],
    ['a date against the Date header', { 'retry-after': 'Wed, 19 Aug 2026 14:35:00 GMT', date: DATE }, 43_000],
    ['a date that has passed', { 'retry-after': 'Wed, 19 Aug 2026 14:00:00 GMT', date: DATE }, 0],
    ['a date without a Date header', { 'retry-after': DATE }, undefined],
    ['a date that does not exist', { 'retry-after': 'Wed, 99 Aug 2026 14:35:00 GMT', date: DATE }, undefined],
    ['a negative number', { 'retry-after': '-1' }, undefined],
    ['a number in another notation', { 'retry-after': '1e3' }, undefined],
    ['words', { 'retry-after': 'later' }, undefined],
    ['emptiness', { 'retry-after': '' }, undefined],
  ])('reads %s', (_name, headers, expected) => {
    expect(readRetryAfterMs(headers)).toBe(expected);
  });
});
