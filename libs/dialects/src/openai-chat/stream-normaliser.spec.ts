import { describe, expect, it } from '@jest/globals';
import type { ChatDelta } from '@parley/contracts';
import { context } from './fold.testing.ts';
import { StreamNormaliser } from './stream-normaliser.ts';

const base = { id: 'x', object: 'chat.completion.chunk', created: 7, model: 'm' };
const chunk = (delta: unknown, finish_reason: unknown = null, index: unknown = 0) => ({
  ...base,
  choices: [{ index, delta, finish_reason }],
});
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

/** The deltas that follow from those of a provider, after a right beginning. */
function normaliseDeltas(deltas: unknown[]): ChatDelta[] {
  const normaliser = new StreamNormaliser(context);
  normaliser.accept(chunk({ role: 'assistant', content: '' }));
  return deltas.map((delta) => normaliser.accept(chunk(delta))!.chunk.choices[0]!.delta);
}

describe('making a stream strict', () => {
  it('leaves right chunks alone and says so', () => {
    const normaliser = new StreamNormaliser(context);
    for (const right of [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'a' }),
      chunk({ tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      chunk({}, 'tool_calls'),
    ]) {
      expect(normaliser.accept(right)).toEqual({ chunk: structuredClone(right), changed: false });
    }
    expect(normaliser.complete).toBe(true);
  });

  it('keeps the identity of the first chunk with an answer, or makes one', () => {
    const normaliser = new StreamNormaliser(context);
    normaliser.accept({ ...base, id: '', choices: [] });
    normaliser.accept(chunk({ content: 'a' }));
    const second = normaliser.accept({ ...chunk({ content: 'b' }), id: 'other', created: 8, model: 'n', object: 'o' });
    expect(second).toMatchObject({ chunk: base, changed: true });
    const nameless = new StreamNormaliser(context).accept({ choices: [{ delta: { content: 'a' } }] });
    expect(nameless!.chunk).toMatchObject({ id: 'fallback', created: 1, model: 'gpt', object: base.object });
  });

  it('gives each choice its own role and finish, and is complete when all that began have one', () => {
    const normaliser = new StreamNormaliser(context);
    const first = normaliser.accept(chunk({ content: 'a' }))!.chunk;
    const second = normaliser.accept(chunk({ content: 'b' }, null, 1))!.chunk;
    expect([first, second].map(({ choices }) => choices[0]!.delta.role)).toEqual(['assistant', 'assistant']);
    normaliser.accept(chunk({}, 'stop', 1));
    expect(normaliser.complete).toBe(false);
    expect(normaliser.finishOpenChoices()).toMatchObject({ choices: [{ index: 0, finish_reason: 'stop' }] });
    expect([normaliser.complete, normaliser.finishOpenChoices()]).toEqual([true, undefined]);
  });

  it('takes usage out of chunks and keeps the last one that can be believed', () => {
    const normaliser = new StreamNormaliser(context);
    const accepted = normaliser.accept({ ...chunk({ content: 'a' }), usage: { ...usage, completion_tokens: 1 } });
    expect(accepted!.chunk).not.toHaveProperty('usage');
    expect(normaliser.accept({ ...base, choices: [], usage })).toBeUndefined();
    normaliser.accept({ ...base, choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } });
    expect(normaliser.usage).toBe(usage);
    expect(normaliser.usageChunk(usage)).toEqual({
      ...base,
      created: 1,
      id: '',
      model: '',
      choices: [],
      usage,
      ...identity(normaliser),
    });
  });

  it('keys tool calls by index', () => {
    expect(
      normaliseDeltas([
        { tool_calls: [{ index: 3, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }] },
        { tool_calls: [{ index: 9, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] },
        { tool_calls: [{ index: 3, function: { arguments: '}' } }] },
      ]).map((delta) => delta.tool_calls),
    ).toEqual([
      [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }],
      [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }],
      [{ index: 0, id: 'a', function: { arguments: '}' } }],
    ]);
  });

  it('keys tool calls without an index by id, and takes a fragment with neither for the rest of the last one', () => {
    expect(
      normaliseDeltas([
        { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{' } }] },
        { tool_calls: [{ id: 'b', function: { name: 'g', arguments: '[' } }] },
        { tool_calls: [{ function: { arguments: ']' } }] },
        { tool_calls: [{ id: 'a', function: { arguments: '}' } }] },
      ]).map((delta) => delta.tool_calls![0]),
    ).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '[' } },
      { index: 1, id: 'b', function: { arguments: ']' } },
      { index: 0, id: 'a', function: { arguments: '}' } },
    ]);
  });

  it('makes arguments text and keeps fields of tool calls that it does not know', () => {
    const calls = [{ index: 0, function: { name: 'f', arguments: { a: 1 } }, extra_content: { google: 1 } }];
    expect(normaliseDeltas([{ tool_calls: calls }])[0]!.tool_calls).toEqual([
      {
        index: 0,
        id: 'call_fallback_0_0',
        type: 'function',
        function: { name: 'f', arguments: '{"a":1}' },
        extra_content: { google: 1 },
      },
    ]);
  });

  const started = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } };

  it('gives calls without arguments an empty object with the finish, in the fragment itself where it is there', () => {
    const spread = new StreamNormaliser(context);
    spread.accept(chunk({ tool_calls: [{ ...started }] }));
    spread.accept(chunk({ tool_calls: [{ index: 0, function: { arguments: ' ' } }] }));
    const finish = spread.accept(chunk({}, 'tool_calls'))!;
    expect(finish).toMatchObject({ changed: true });
    expect(finish.chunk.choices[0]!.delta.tool_calls).toEqual([{ index: 0, function: { arguments: '{}' } }]);
    const whole = new StreamNormaliser(context).accept(chunk({ tool_calls: [{ ...started }] }, 'tool_calls'))!;
    expect(whole.chunk.choices[0]!.delta.tool_calls).toEqual([
      { ...started, function: { name: 'f', arguments: '{}' } },
    ]);
    const forgotten = new StreamNormaliser(context);
    forgotten.accept(chunk({ tool_calls: [{ ...started }] }));
    expect(forgotten.finishOpenChoices()!.choices[0]!.delta.tool_calls).toEqual([
      { index: 0, function: { arguments: '{}' } },
    ]);
  });

  it('passes the calls of custom tools on as they are', () => {
    const custom = { tool_calls: [{ index: 0, id: 'c', type: 'custom', custom: { name: 'shell', input: '' } }] };
    expect(normaliseDeltas([custom])).toEqual([custom]);
  });

  it('unifies reasoning and leaves opaque state as it is', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'x', format: null, index: 0 }];
    expect(normaliseDeltas([{ content: '', reasoning: 'r', reasoning_details: details }])).toEqual([
      { content: '', reasoning_content: 'r', reasoning_details: details },
    ]);
  });

  it("finds usage in Groq's own field", () => {
    const normaliser = new StreamNormaliser(context);
    normaliser.accept({ ...chunk({}, 'stop'), x_groq: { id: 'r', usage } });
    expect(normaliser.usage).toEqual(usage);
  });

  it.each<[name: string, value: object, code: string]>([
    [
      'an error beside usage',
      { ...base, choices: [], usage, error: { code: 400, message: 'x' } },
      'provider_refused_request',
    ],
    [
      'a choice with an error',
      { ...base, usage, choices: [{ index: 0, delta: {}, error: { code: 502 } }] },
      'provider_unavailable',
    ],
    ['a finish that says so', { ...chunk({}, 'error'), usage }, 'provider_unavailable'],
    [
      'an error in other words',
      { object: 'error', message: 'Service tier capacity exceeded', usage },
      'provider_unavailable',
    ],
  ])('fails for %s, and keeps what was counted', (_name, value, code) => {
    const normaliser = new StreamNormaliser(context);
    normaliser.accept(chunk({ content: 'a' }));
    expect(() => normaliser.accept(value)).toThrow(code);
    expect(normaliser.usage).toEqual(usage);
  });

  it('finishes with tool_calls where the provider forgot the finish of calls', () => {
    const normaliser = new StreamNormaliser(context);
    normaliser.accept(chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f' } }] }));
    expect(normaliser.finishOpenChoices()!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it.each<[name: string, value: unknown]>([
    ['text', 'hello'],
    ['null', null],
    ['a list', []],
    ['a choice that is none', { ...base, choices: [null] }],
    ['a choice that is text', { ...base, choices: ['x'] }],
    ['calls that are no list', chunk({ tool_calls: { index: 0 } })],
    ['a call that is none', chunk({ tool_calls: [null] })],
  ])('calls %s a bad answer', (_name, value) => {
    expect(() => new StreamNormaliser(context).accept(value)).toThrow('provider_bad_answer');
  });
});

function identity(normaliser: StreamNormaliser): object {
  const { id, created, model } = normaliser.accept(chunk({ content: '' }))!.chunk;
  return { id, created, model };
}
