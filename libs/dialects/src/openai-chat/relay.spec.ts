import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamFailureError } from '../dialect.ts';
import { ChatRelay } from './relay.ts';

const target = { provider: 'openai', upstreamModel: 'm', capabilities: {}, maxOutputTokens: null };
const open = (includeUsage = false) => new ChatRelay({ target, fallbackId: 'fallback', created: 1 }, { includeUsage });
const noEstimate = () => {
  throw new Error('usage was there, so nothing is estimated');
};

const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'gpt' };
const chunk = (delta: object, finish_reason: string | null = null, extra: object = {}) => ({
  ...base,
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  ...extra,
});
const sse = (...events: unknown[]) =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

const PLAIN = sse(
  chunk({ role: 'assistant', content: '' }),
  ...['Hello', ' wörld', ' \n"quoted" \\ back', ' 👋🏽', ' plain', ' again'].map((content) => chunk({ content })),
  chunk({}, 'stop'),
  { ...base, choices: [], usage },
  '[DONE]',
);

function run(bytes: Buffer, cuts: number[] = [], includeUsage = false, estimate: () => typeof usage = noEstimate) {
  const relay = open(includeUsage);
  const output: Buffer[] = [];
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < edges.length; i++) {
    const part = relay.push(bytes.subarray(edges[i - 1], edges[i]));
    if (part) output.push(part);
  }
  const rest = relay.end(estimate);
  if (rest) output.push(rest);
  return { text: Buffer.concat(output).toString(), facts: relay.facts };
}

const events = (text: string): unknown[] =>
  text
    .split('\n\n')
    .filter(Boolean)
    .map((block) => block.replace(/^data: /, ''))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)));

describe('relaying a chat stream', () => {
  it('sends every event on as the very bytes it was, but usage that nobody asked for', () => {
    const { text, facts } = run(Buffer.from(PLAIN));
    expect(text).toBe(PLAIN.replace(sse({ ...base, choices: [], usage }), ''));
    expect(facts).toMatchObject({ begun: true, done: true, usage });
  });

  it('sends usage last when it was asked for', () => {
    expect(events(run(Buffer.from(PLAIN), [], true).text).slice(-2)).toEqual([
      { ...base, choices: [], usage },
      '[DONE]',
    ]);
  });

  it('gives the same bytes for every split of the input', () => {
    const bytes = Buffer.from(PLAIN);
    const whole = run(bytes).text;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), (cuts) => {
        expect(run(bytes, cuts).text).toBe(whole);
      }),
    );
    expect(run(bytes, [...bytes.keys()]).text).toBe(whole);
  });

  it('reads CRLF, BOM, comments, named events and data on several lines', () => {
    const odd = `\ufeff: hello\n\n${PLAIN.replaceAll('"choices"', '\ndata: "choices"').replaceAll('data: {"id"', 'event: message\ndata: {"id"')}`;
    for (const form of [odd, odd.slice(1), odd.replaceAll('\n', '\r\n'), odd.replaceAll('\n', '\r')]) {
      expect(events(run(Buffer.from(form)).text)).toEqual(events(run(Buffer.from(PLAIN)).text));
      expect(events(run(Buffer.from(form), [...Buffer.from(form).keys()]).text)).toEqual(
        events(run(Buffer.from(PLAIN)).text),
      );
    }
  });

  it('keeps padding that OpenAI adds, whatever its length', () => {
    const padded = sse(
      chunk({ role: 'assistant', content: '' }, null, { obfuscation: 'aa' }),
      chunk({ content: 'one' }, null, { obfuscation: 'abcdef' }),
      chunk({ content: 'three' }, null, { obfuscation: 'a' }),
      chunk({}, 'stop', { obfuscation: '' }),
      '[DONE]',
    );
    expect(run(Buffer.from(padded)).text).toBe(padded);
  });

  it('gives one finish, one id and the role first, whatever the provider repeats or forgets', () => {
    const messy = sse(
      { ...base, id: '', choices: [], prompt_filter_results: [] },
      { ...base, choices: [{ index: 0, delta: { content: 'a' } }] },
      { ...base, id: 'other', choices: [{ index: 0, delta: { content: 'b' }, finish_reason: '' }] },
      chunk({}, 'stop', { usage: { ...usage, completion_tokens: 1 } }),
      chunk({}, 'stop', { usage }),
    );
    const output = events(run(Buffer.from(messy), [], true).text) as {
      id: string;
      choices: { delta: object; finish_reason: unknown }[];
    }[];
    expect(new Set(output.slice(0, -1).map((event) => event.id))).toEqual(new Set(['chatcmpl-1']));
    expect(output[0]!.choices[0]).toMatchObject({ delta: { role: 'assistant', content: 'a' }, finish_reason: null });
    expect(
      output
        .slice(0, -1)
        .flatMap((event) => event.choices)
        .filter((choice) => choice.finish_reason),
    ).toHaveLength(1);
    expect(output.at(-2)).toMatchObject({ choices: [], usage });
  });

  it('mends tool calls without index, type or id', () => {
    const calls = sse(
      chunk({ role: 'assistant', content: null, tool_calls: [{ id: 'x', function: { name: 'f', arguments: '{}' } }] }),
      chunk({ tool_calls: [{ id: 'y', function: { name: 'g' } }] }, 'tool_calls'),
      '[DONE]',
    );
    const output = events(run(Buffer.from(calls)).text) as { choices: { delta: { tool_calls: unknown[] } }[] }[];
    expect(output[0]!.choices[0]!.delta.tool_calls).toEqual([
      { index: 0, id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } },
    ]);
    expect(output[1]!.choices[0]!.delta.tool_calls).toEqual([
      { index: 1, id: 'y', type: 'function', function: { name: 'g', arguments: '{}' } },
    ]);
  });

  it('adds the finish that a provider forgot before [DONE], and estimates usage that it did not give', () => {
    const text = sse(chunk({ role: 'assistant', content: 'a' }), '[DONE]');
    const output = events(run(Buffer.from(text), [], true, () => usage).text);
    expect(output.slice(1)).toEqual([
      { ...base, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { ...base, choices: [], usage },
      '[DONE]',
    ]);
  });

  it('drops what comes after [DONE]', () => {
    expect(run(Buffer.from(PLAIN + sse(chunk({ content: 'GHOST' }), '[DONE]'))).text).not.toContain('GHOST');
  });

  const start = sse(chunk({ role: 'assistant', content: '' }), chunk({ content: 'one' }), chunk({ content: 'two' }));
  it.each([
    ['an error object', sse({ error: { message: 'boom', type: 'server_error' } }), 'provider_unavailable'],
    ['a named error event', 'event: error\ndata: {"error":{"message":"boom"}}\n\n', 'provider_unavailable'],
    ['broken JSON', 'data: {"id":"chatcmpl-1","choices":[{"delta":{"content":"br\n\n', 'provider_bad_answer'],
    ['an array', 'data: [1]\n\n', 'provider_bad_answer'],
  ])('fails on %s', (_name, event, code) => {
    const relay = open();
    relay.push(Buffer.from(start));
    expect(() => relay.push(Buffer.from(event))).toThrow(code);
  });

  it('fails on bytes that are no UTF-8, also inside an event that looks like the others', () => {
    const relay = open();
    relay.push(Buffer.from(start));
    const [before, after] = sse(chunk({ content: 'X' })).split('X') as [string, string];
    const bad = Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(after)]);
    expect(() => relay.push(bad)).toThrow(UpstreamFailureError);
  });

  it('hands on what stood before a failure in the same read', () => {
    const relay = open();
    const bytes = Buffer.from(start + sse({ error: { message: 'boom' } }));
    const failure = (() => {
      try {
        relay.push(bytes);
      } catch (error) {
        return error as UpstreamFailureError;
      }
    })();
    expect(failure?.partial?.toString()).toBe(start);
  });

  it('says that a stream is incomplete when it ends without a finish', () => {
    const relay = open();
    relay.push(Buffer.from(start));
    expect(() => relay.end(noEstimate)).toThrow('upstream_incomplete');
  });
});
