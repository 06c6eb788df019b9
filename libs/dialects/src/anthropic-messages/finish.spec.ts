import { describe, expect, it } from '@jest/globals';
import { decodeFinish, decodeRefusal } from './finish.ts';

describe('decodeFinish', () => {
  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['a_reason_of_tomorrow', 'stop'],
    ['constructor', 'stop'],
  ])('reads %s as %s and keeps the native word', (native, finish) => {
    expect(decodeFinish(native, false)).toEqual({ finish_reason: finish, native_finish_reason: native });
  });

  it('says tool_calls wherever there are calls to run', () => {
    expect(decodeFinish('end_turn', true).finish_reason).toBe('tool_calls');
    expect(decodeFinish('max_tokens', true).finish_reason).toBe('length');
    expect(decodeFinish(null, true)).toEqual({ finish_reason: 'tool_calls', native_finish_reason: null });
  });
});

describe('decodeRefusal', () => {
  it('gives the explanation of a refusal only', () => {
    const details = { type: 'refusal', category: 'cyber', explanation: 'No.' };
    expect(decodeRefusal({ stop_reason: 'refusal', stop_details: details })).toBe('No.');
    expect(decodeRefusal({ stop_reason: 'refusal', stop_details: null })).toBeNull();
    expect(decodeRefusal({ stop_reason: 'refusal', stop_details: { explanation: null } })).toBeNull();
    expect(decodeRefusal({ stop_reason: 'end_turn', stop_details: details })).toBeNull();
  });
});
