import { describe, expect, it } from '@jest/globals';
import { REPORTED_COST_NANO_USD } from '@parley/contracts';
import { context } from './fold.testing.ts';
import { readCompletion } from './response.ts';

const message = { role: 'assistant', content: 'hi' };
const choice = { index: 0, message, finish_reason: 'stop' };
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const answer = {
  id: 'x',
  object: 'chat.completion',
  created: 7,
  model: 'm',
  choices: [choice],
  usage,
  extra: { a: 1 },
};
const withChoice = (fields: object) => ({ ...answer, choices: [{ ...choice, ...fields }] });
const withMessage = (fields: object) => withChoice({ message: { ...message, ...fields } });
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: 1 };

describe('reading a whole answer', () => {
  it('calls a right answer faithful and gives it as it is', () => {
    expect(readCompletion(answer, context)).toEqual({ completion: answer, faithful: true });
    expect(readCompletion(answer, context).completion).toBe(answer);
    expect(readCompletion(withMessage({ content: null, tool_calls: [call] }), context).faithful).toBe(true);
    expect(readCompletion({ ...answer, usage: null, error: null }, context).faithful).toBe(true);
  });

  it.each<[name: string, body: object, expected: object]>([
    ['an id', { ...answer, id: '' }, { id: 'fallback' }],
    ['a kind', { ...answer, object: undefined }, { object: 'chat.completion' }],
    ['a time', { ...answer, created: 'now' }, { created: 1 }],
    ['a model', { ...answer, model: undefined }, { model: 'gpt' }],
    ['an index', withChoice({ index: undefined }), { choices: [choice] }],
    ['a role', withMessage({ role: undefined }), { choices: [choice] }],
    [
      'content',
      withMessage({ content: undefined }),
      { choices: [{ ...choice, message: { ...message, content: null } }] },
    ],
    ['a finish', withChoice({ finish_reason: null }), { choices: [choice] }],
    ['a finish in our words', withChoice({ finish_reason: 'eos' }), { choices: [choice] }],
    ['the total of its usage', { ...answer, usage: { ...usage, total_tokens: undefined } }, { usage }],
  ])('gives an answer what it lacks: %s', (_name, body, expected) => {
    const before = structuredClone(body);
    const { completion, faithful } = readCompletion(body, context);
    expect(completion).toEqual({ ...answer, ...expected });
    expect(faithful).toBe(false);
    expect(body).toEqual(before);
  });

  it('gives an answer that the filter took away an empty message', () => {
    const filtered = { ...answer, choices: [{ index: 0, finish_reason: 'content_filter' }] };
    const { completion } = readCompletion(filtered, context);
    expect(completion.choices[0]!.message).toEqual({ role: 'assistant', content: null });
    expect(() => readCompletion({ ...answer, choices: [{ index: 0, finish_reason: 'stop' }] }, context)).toThrow();
  });

  it('unifies reasoning, completes empty arguments and adds the sources that stand beside', () => {
    const empty = { ...call, function: { name: 'f', arguments: ' ' } };
    const odd = withMessage({ reasoning: 'r', tool_calls: [empty] });
    const { completion, faithful } = readCompletion({ ...odd, citations: ['https://a.example'] }, context);
    expect(completion.choices[0]!.message).toEqual({
      ...message,
      reasoning_content: 'r',
      tool_calls: [call],
      annotations: [expect.objectContaining({ type: 'url_citation' })],
    });
    expect(faithful).toBe(false);
  });

  it('passes the calls of custom tools on as they are', () => {
    const custom = { id: 'c', type: 'custom', custom: { name: 'shell', input: 'ls' } };
    expect(readCompletion(withMessage({ tool_calls: [custom] }), context).faithful).toBe(true);
  });

  it('knows the cost of an answer whose bytes it leaves alone', () => {
    const { completion, faithful } = readCompletion({ ...answer, usage: { ...usage, cost: 0.5 } }, context);
    expect([completion.usage?.[REPORTED_COST_NANO_USD], faithful]).toEqual([500_000_000, true]);
  });

  it.each<[name: string, body: object, code: string]>([
    ['an error beside nothing', { object: 'error', message: 'overloaded', code: 503 }, 'provider_unavailable'],
    ['a choice with an error', withChoice({ error: { code: 429, message: 'x' } }), 'provider_rate_limited'],
    ['a finish that says so', withChoice({ finish_reason: 'error' }), 'provider_unavailable'],
  ])('takes no failure for an answer: %s', (_name, body, code) => {
    expect(() => readCompletion(body, context)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code }) }) as unknown as Error,
    );
  });

  it('leaves out usage that cannot be believed', () => {
    const { completion, faithful } = readCompletion({ ...answer, usage: { ...usage, prompt_tokens: -3 } }, context);
    expect([completion, faithful]).toEqual([{ ...answer, usage: undefined }, false]);
    expect('usage' in completion).toBe(false);
  });

  it('gives calls an id, a type and arguments that are text, and keeps what else they carry', () => {
    const calls = [
      { function: { name: 'f', arguments: { a: 1 } } },
      { ...call, id: '', type: undefined },
      { id: 'd', function: { name: 'g' } },
    ];
    const { completion } = readCompletion(withChoice({ message: { tool_calls: calls }, finish_reason: null }), context);
    expect(completion.choices[0]).toEqual({
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_fallback_0_0', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { ...call, id: 'call_fallback_0_1' },
          { id: 'd', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
    });
  });

  it.each<[name: string, body: unknown, code: string]>([
    ['no object', 'hello', 'provider_bad_answer'],
    ['null', null, 'provider_bad_answer'],
    ['a list', [answer], 'provider_bad_answer'],
    ['no choices', { ...answer, choices: [] }, 'provider_bad_answer'],
    ['choices of another type', { ...answer, choices: {} }, 'provider_bad_answer'],
    ['a choice that is none', { ...answer, choices: [null] }, 'provider_bad_answer'],
    ['a choice without a message', withChoice({ message: undefined }), 'provider_bad_answer'],
    ['calls that are no list', withMessage({ tool_calls: { id: 'x' } }), 'provider_bad_answer'],
    ['a call that is none', withMessage({ tool_calls: [null] }), 'provider_bad_answer'],
    ['an error under 200', { error: { message: 'x', code: 503 } }, 'provider_unavailable'],
    ['an error that is a string', { error: 'x' }, 'provider_unavailable'],
  ])('fails on what is no answer: %s', (_name, body, code) => {
    expect(() => readCompletion(body, context)).toThrow(
      expect.objectContaining({ name: 'UpstreamFailureError', message: code }),
    );
  });
});
