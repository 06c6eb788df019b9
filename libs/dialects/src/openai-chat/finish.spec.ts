import { describe, expect, it } from '@jest/globals';
import { readFinishReason } from './finish.ts';

describe('reading why an answer ended', () => {
  it.each(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])('takes %s as it is', (word) => {
    expect(readFinishReason(word, false)).toBe(word);
    expect(readFinishReason(word, true)).toBe(word);
  });

  it.each([null, undefined, '', 0, {}])('takes %j as not ended', (value) => {
    expect(readFinishReason(value, true)).toBeNull();
  });

  it("reads Together's eos as an ordinary end", () => {
    expect(readFinishReason('eos', false)).toBe('stop');
  });

  it.each(['weird', 'constructor', '__proto__', 'toString'])('takes the unknown word %s as an ordinary end', (word) => {
    expect(readFinishReason(word, false)).toBe('stop');
    expect(readFinishReason(word, true)).toBe('tool_calls');
  });
});
