import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { Turn } from './messages.ts';
import { encodeReasoning, isThinking } from './reasoning.ts';

type Way = Target['capabilities']['reasoning'];
const question: Turn = { role: 'user', content: [{ type: 'text', text: 'why?' }] };
const result: Turn = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] };
const call = { type: 'tool_use', id: 'a', name: 'look', input: {} };
const thought = { type: 'thinking', thinking: '', signature: 's' };

function encode(fields: Partial<ChatRequest>, way?: Way, maxOutputTokens: number | null = 64_000, turns = [question]) {
  const losses: Loss[] = [];
  const capabilities = way ? { reasoning: way } : {};
  const target = { provider: 'anthropic', upstreamModel: 'claude', capabilities, maxOutputTokens };
  return { ...encodeReasoning({ model: 'm', messages: [], ...fields }, target, turns, losses), losses };
}

describe('the ceiling of an answer', () => {
  it.each([
    [{ max_completion_tokens: 10, max_tokens: 20 }, 64_000, 10],
    [{ max_tokens: 20 }, 64_000, 20],
    [{}, 64_000, 64_000],
    [{}, null, 4096],
    [{ max_tokens: 20 }, null, 20],
  ])('of %j for a model of %j tokens is %j', (fields, most, expected) => {
    expect(encode(fields, undefined, most)).toEqual({ maxTokens: expected, losses: [] });
  });

  it('is lowered to what the model can give', () => {
    expect(encode({ max_completion_tokens: 100_000 })).toEqual({
      maxTokens: 64_000,
      losses: [{ param: 'max_completion_tokens', action: 'emulated', reason: expect.stringContaining('64000') }],
    });
  });
});

describe('reasoning effort', () => {
  it.each([
    ['adaptive', 'minimal', { thinking: { type: 'adaptive', display: 'summarized' }, effort: 'low' }],
    ['adaptive', 'max', { thinking: { type: 'adaptive', display: 'summarized' }, effort: 'max' }],
    ['effort', 'medium', { effort: 'medium' }],
    ['budget', 'minimal', { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['budget', 'low', { thinking: { type: 'enabled', budget_tokens: 4096 } }],
    ['budget', 'medium', { thinking: { type: 'enabled', budget_tokens: 10_000 } }],
    ['budget', 'high', { thinking: { type: 'enabled', budget_tokens: 20_000 } }],
    ['budget', 'xhigh', { thinking: { type: 'enabled', budget_tokens: 32_000 } }],
    ['budget', 'max', { thinking: { type: 'enabled', budget_tokens: 48_000 } }],
    [undefined, 'low', { thinking: { type: 'enabled', budget_tokens: 4096 } }],
    ['budget', 'none', { thinking: { type: 'disabled' } }],
    ['adaptive', 'none', { thinking: { type: 'disabled' } }],
    ['none', 'none', {}],
    [undefined, 'none', {}],
  ] as const)('of a model of way %j at level %j', (way, effort, expected) => {
    expect(encode({ reasoning_effort: effort }, way)).toEqual({ maxTokens: 64_000, ...expected, losses: [] });
  });

  it('is sent as the least level where it cannot be switched off', () => {
    expect(encode({ reasoning_effort: 'none' }, 'effort')).toMatchObject({
      effort: 'low',
      losses: [{ param: 'reasoning_effort', action: 'emulated' }],
    });
  });

  it('is dropped for a model that does not reason', () => {
    expect(encode({ reasoning_effort: 'low' }, 'none')).toEqual({
      maxTokens: 64_000,
      losses: [{ param: 'reasoning_effort', action: 'dropped', reason: expect.any(String) }],
    });
  });

  it('leaves a fifth of the tokens to the answer, and is dropped where that leaves too little to think', () => {
    expect(encode({ reasoning_effort: 'high', max_tokens: 5000 }, 'budget')).toMatchObject({
      maxTokens: 5000,
      thinking: { budget_tokens: 4000 },
      losses: [],
    });
    expect(encode({ reasoning_effort: 'high', max_tokens: 1000 }, 'budget')).toEqual({
      maxTokens: 1000,
      losses: [{ param: 'reasoning_effort', action: 'dropped', reason: expect.any(String) }],
    });
  });

  it('adds its tokens to our own default ceiling', () => {
    expect(encode({ reasoning_effort: 'medium' }, 'budget', null)).toMatchObject({
      maxTokens: 14_096,
      thinking: { budget_tokens: 10_000 },
    });
    expect(encode({ thinking: { type: 'enabled', budget_tokens: 5000 } }, 'budget', null).maxTokens).toBe(9096);
  });

  it('gives way to native thinking', () => {
    const thinking = { type: 'adaptive', display: 'omitted' };
    expect(encode({ reasoning_effort: 'high', thinking }, 'budget')).toEqual({
      maxTokens: 64_000,
      thinking,
      losses: [],
    });
  });

  it.each([
    ['a tool loop', [question, { role: 'assistant', content: [call] } as Turn, result]],
    ['a prefill', [question, { role: 'assistant', content: [{ type: 'text', text: 'So' }] } as Turn]],
  ])('gets no budget inside %s whose reasoning state was not sent back', (_name, turns) => {
    expect(encode({ reasoning_effort: 'high' }, 'budget', 64_000, turns)).toEqual({
      maxTokens: 64_000,
      losses: [{ param: 'reasoning_effort', action: 'dropped', reason: expect.stringContaining('reasoning_details') }],
    });
    expect(encode({ reasoning_effort: 'high' }, 'adaptive', 64_000, turns).losses).toEqual([]);
  });

  it('goes on inside a tool loop that carries its reasoning state', () => {
    const turns = [question, { role: 'assistant', content: [thought, call] } as Turn, result];
    expect(encode({ reasoning_effort: 'low' }, 'budget', 64_000, turns).thinking).toMatchObject({ type: 'enabled' });
  });
});

describe('isThinking', () => {
  it('is true for every way to think', () => {
    expect([{ type: 'enabled' }, { type: 'adaptive' }, { type: 'disabled' }, undefined].map(isThinking)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
