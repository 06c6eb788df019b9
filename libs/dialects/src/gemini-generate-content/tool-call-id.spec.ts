import { describe, expect, it } from '@jest/globals';
import { idForGemini, synthesiseToolCallId } from './tool-call-id.ts';

describe('synthesiseToolCallId', () => {
  it('gives the same id for the same call and another for every other', () => {
    expect(synthesiseToolCallId('a', 0, 0)).toBe(synthesiseToolCallId('a', 0, 0));
    const others = [synthesiseToolCallId('a', 0, 1), synthesiseToolCallId('a', 1, 0), synthesiseToolCallId('b', 0, 0)];
    expect(new Set([synthesiseToolCallId('a', 0, 0), ...others]).size).toBe(4);
  });

  it('stays within the length and alphabet that other providers accept', () => {
    expect(synthesiseToolCallId('chatcmpl-'.repeat(20), 0, 0)).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
  });
});

describe('idForGemini', () => {
  it('keeps our own ids from Gemini and passes all others', () => {
    expect(idForGemini(synthesiseToolCallId('a', 0, 0))).toEqual({});
    expect(idForGemini('oqeiriep')).toEqual({ id: 'oqeiriep' });
    expect(idForGemini('call_abc')).toEqual({ id: 'call_abc' });
    expect(idForGemini(undefined)).toEqual({});
    expect(idForGemini('')).toEqual({});
  });
});
