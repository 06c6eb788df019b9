import { describe, expect, it } from '@jest/globals';
import { unifyReasoning } from './reasoning.ts';

const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] });

describe('reasoning under one name', () => {
  it.each<[name: string, message: object, expected: object]>([
    ['its short name', { content: 'a', reasoning: 'r' }, { content: 'a', reasoning_content: 'r' }],
    ['both names', { reasoning: 'r', reasoning_content: 'r' }, { reasoning_content: 'r' }],
    ['the long one empty', { reasoning: 'r', reasoning_content: '' }, { reasoning_content: 'r' }],
    [
      'opaque state beside it',
      { reasoning: 'r', reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', format: null }] },
      { reasoning_content: 'r', reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', format: null }] },
    ],
    [
      'parts of the content',
      { content: [thinking('r'), { type: 'text', text: 'a' }, { type: 'text', text: 'b' }] },
      { content: 'ab', reasoning_content: 'r' },
    ],
    ['a part that has no end yet', { content: [{ type: 'thinking', thinking: [] }] }, { content: '' }],
    [
      'thoughts as mere text',
      { content: [{ type: 'thinking', thinking: 'r' }, 'a'] },
      { content: 'a', reasoning_content: 'r' },
    ],
    ['parts that say nothing', { content: [null, 1, { type: 'reference', reference_ids: [1] }] }, { content: '' }],
  ])('%s', (_name, message, expected) => {
    const before = structuredClone(message);
    expect(unifyReasoning(message as Record<string, unknown>)).toEqual(expected);
    expect(message).toEqual(before);
  });

  it.each<[object]>([
    [{ content: 'a' }],
    [{ content: null, reasoning_content: 'r' }],
    [{ content: 'a', reasoning: null }],
    [{ content: 'a', reasoning: '' }],
    [{ reasoning_details: [] }],
  ])('leaves %j alone', (message) => {
    expect(unifyReasoning(message as Record<string, unknown>)).toBe(message);
  });
});
