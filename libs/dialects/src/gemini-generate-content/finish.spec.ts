import { describe, expect, it } from '@jest/globals';
import { toFinishReason } from './finish.ts';

describe('toFinishReason', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['OTHER', 'content_filter'],
    ['MALFORMED_FUNCTION_CALL', 'error'],
    ['UNEXPECTED_TOOL_CALL', 'error'],
    ['TOO_MANY_TOOL_CALLS', 'error'],
  ])('says %s as %s', (native, expected) => {
    expect(toFinishReason(native, false)).toBe(expected);
  });

  it('says tool_calls for a STOP with calls, and only for a STOP', () => {
    expect(toFinishReason('STOP', true)).toBe('tool_calls');
    expect(toFinishReason('MAX_TOKENS', true)).toBe('length');
    expect(toFinishReason('SAFETY', true)).toBe('content_filter');
  });

  it('takes a reason it does not know as an ordinary end, whatever its name', () => {
    expect(toFinishReason('SOMETHING_NEW', false)).toBe('stop');
    expect(toFinishReason('constructor', false)).toBe('stop');
  });
});
