import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ChatRequest } from '@parley/contracts';
import { carriedState, prefixMarks, stateMark } from './conversation-marks.ts';

const ASKER = { keyId: 'key_1', model: 'fast' };
const USER: ChatMessage = { role: 'user', content: 'Hello' };
const ANSWER: ChatMessage = { role: 'assistant', content: 'Hi' };
const request = (messages: ChatMessage[], fields: object = {}): ChatRequest => ({ model: 'fast', messages, ...fields });
const begun = (...messages: ChatMessage[]) => prefixMarks(ASKER, request(messages)).at(-1)!;

describe('the beginning of a conversation', () => {
  it('has the same mark in all of its turns, and only those seek it that go on', () => {
    const first = begun(USER);
    const later = begun(USER, ANSWER, { role: 'user', content: 'Go on' }, ANSWER);
    expect(later.mark).toBe(first.mark);
    expect([first.isSought, later.isSought]).toEqual([false, true]);
  });

  it('has another mark for other words, another role, another key and another model', () => {
    const marks = [
      begun(USER),
      begun({ ...USER, content: 'Hello!' }),
      begun({ ...USER, role: 'system' }),
      begun({ ...USER, content: [{ type: 'text', text: 'Hell' }] }),
      begun({ role: 'system', content: 'x' }, USER),
      prefixMarks({ ...ASKER, keyId: 'key_2' }, request([USER])).at(-1)!,
      prefixMarks({ ...ASKER, model: 'slow' }, request([USER])).at(-1)!,
    ].map(({ mark }) => mark);
    expect(new Set(marks).size).toBe(marks.length);
  });
});

describe('what a caller names or marks as worth caching', () => {
  it('has a mark that every request seeks', () => {
    const named = prefixMarks(ASKER, request([USER], { prompt_cache_key: 'docs' }));
    const other = prefixMarks(ASKER, request([{ ...USER, content: 'Other' }], { prompt_cache_key: 'docs' }));
    expect(named[0]).toEqual({ mark: other[0]!.mark, isSought: true });
    const marked = { type: 'text', text: 'Rules', cache_control: { type: 'ephemeral' } } as const;
    const instructed = prefixMarks(ASKER, request([{ role: 'system', content: [marked] }, USER]));
    expect(instructed.map(({ isSought }) => isSought)).toEqual([true, false]);
  });

  it('is nothing where only an answer or a question is marked', () => {
    const content = [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] as const;
    expect(prefixMarks(ASKER, request([{ role: 'user', content: [...content] }]))).toHaveLength(1);
  });
});

describe('opaque state', () => {
  it('that counts is the last that a request brings back', () => {
    const details = (signature: string): ChatMessage => ({
      ...ANSWER,
      reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature, format: 'anthropic-claude-v1' }],
    });
    expect(carriedState(request([USER, details('old'), USER, details('new'), USER, ANSWER]))).toBe('new');
    expect(carriedState(request([USER, ANSWER]))).toBeUndefined();
    expect(carriedState(request([USER, details('')]))).toBeUndefined();
  });

  it('leads nobody but the key that got it', () => {
    expect(stateMark('key_1', 'state')).not.toBe(stateMark('key_2', 'state'));
  });
});
