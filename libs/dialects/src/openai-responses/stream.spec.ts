import { describe, expect, it } from '@jest/globals';
import type { ChatDelta } from '@parley/contracts';
import fc from 'fast-check';
import { UpstreamFailureError } from '../dialect.ts';
import { decodeResponse } from './response.ts';
import { context, foldStream, readStream, sse, type Event } from './stream.testing.ts';

type Item = { type: string; id?: string; [field: string]: unknown };
type Part = { type: string; text?: string; refusal?: string };

const usage = { input_tokens: 9, output_tokens: 5, total_tokens: 14, output_tokens_details: { reasoning_tokens: 2 } };
const respond = (fields: object = {}) => ({ id: 'resp_1', created_at: 1700, model: 'gpt-x-1', output: [], ...fields });
const created: Event = { type: 'response.created', response: respond({ status: 'in_progress', usage: null }) };
const completed = (output: Item[] = [], fields: object = {}): Event => ({
  type: 'response.completed',
  response: respond({ status: 'completed', output, usage, ...fields }),
});
const added = (output_index: number, item: Item): Event => ({ type: 'response.output_item.added', output_index, item });
const done = (output_index: number, item: Item): Event => ({ type: 'response.output_item.done', output_index, item });
const said = (output_index: number, delta: string): Event => {
  return { type: 'response.output_text.delta', output_index, item_id: 'x', content_index: 0, delta, logprobs: [] };
};
const argued = (output_index: number, delta: string): Event => {
  return { type: 'response.function_call_arguments.delta', output_index, delta };
};
const message = (...content: Part[]): Item => ({ type: 'message', role: 'assistant', content });
const saying = (text: string): Item => message({ type: 'output_text', text });
const call: Item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"x":1}' };
const thought: Item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'secret' };

const read = (...events: Event[]) => foldStream([sse(events)]).choices[0]!;
const deltasOf = (...events: Event[]): ChatDelta[] =>
  readStream([sse(events)]).flatMap(({ choices }) => choices.map(({ delta }) => delta));

function failureOf(...events: Event[]) {
  try {
    readStream([sse(events)]);
  } catch (error) {
    if (error instanceof UpstreamFailureError) return error.failure;
  }
  throw new Error('it was read as an answer');
}

describe('the stream decoder', () => {
  it('gives one id, the role first, one finish, usage last', () => {
    const identity = { id: 'chatcmpl-1', created: 1700, model: 'gpt-x-1', object: 'chat.completion.chunk' };
    expect(readStream([sse([created, added(0, message()), said(0, 'Hi'), said(0, '!'), completed()])])).toEqual([
      { ...identity, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null }] },
      { ...identity, choices: [{ index: 0, delta: { content: '!' }, finish_reason: null }] },
      { ...identity, choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'completed' }] },
      {
        ...identity,
        choices: [],
        usage: {
          prompt_tokens: 9,
          completion_tokens: 5,
          total_tokens: 14,
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      },
    ]);
  });

  it('keeps the first id although later events bring another', () => {
    const chunks = readStream([sse([created, said(0, 'Hi'), completed([], { id: 'resp_2' })])]);
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['chatcmpl-1']));
  });

  it('starts a call with its name, then its arguments piece by piece', () => {
    const begun = { ...call, arguments: '' };
    expect(deltasOf(added(0, begun), argued(0, '{"x"'), argued(0, ':1}'), done(0, call), completed([call]))).toEqual([
      {
        role: 'assistant',
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      {},
    ]);
  });

  it('gives reasoning state right before the call that it led to', () => {
    const deltas = deltasOf(
      added(0, { ...thought, encrypted_content: 'early' }),
      done(0, thought),
      done(1, call),
      completed(),
    );
    const detail = {
      type: 'reasoning.encrypted',
      data: 'secret',
      id: 'rs_1',
      format: 'openai-responses-v1',
      tool_call_id: 'call_1',
      index: 0,
    };
    expect(deltas[0]).toEqual({ role: 'assistant', reasoning_details: [detail] });
    expect(deltas[1]?.tool_calls?.[0]?.id).toBe('call_1');
  });

  it.each<[what: string, events: Event[]]>([
    ['finished items without deltas', [done(0, saying('Hello')), done(1, call), completed()]],
    ['the end alone', [completed([saying('Hello'), call])]],
    [
      'deltas that break off before the finished item',
      [said(0, 'Hel'), done(0, saying('Hello')), done(1, call), completed()],
    ],
    [
      'deltas under changing ids',
      [
        said(0, 'Hel'),
        { ...said(0, 'lo'), item_id: 'y' },
        done(0, { ...saying('Hello'), id: 'z' }),
        done(1, call),
        completed(),
      ],
    ],
    [
      'an end that counts its items otherwise',
      [done(0, thought), said(1, 'Hello'), done(1, saying('Hello')), done(2, call), completed([saying('Hello'), call])],
    ],
    [
      'all of it at once',
      [said(0, 'Hello'), done(0, saying('Hello')), done(1, call), completed([saying('Hello'), call])],
    ],
  ])('says each thing once: %s', (_what, events) => {
    const { message: answer, finish_reason: finish } = read(...events);
    expect([answer.content, answer.tool_calls, finish]).toEqual([
      'Hello',
      [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
      'tool_calls',
    ]);
  });

  it('reads refusals, reasoning in parts, log probabilities and citations', () => {
    const part = (summary_index: number, delta: string): Event => {
      return { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index, delta };
    };
    const logprobs = [{ token: 'a', logprob: -1 }];
    const annotation = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 1 };
    const chunks = readStream([
      sse([
        part(0, 'one'),
        part(0, ' more'),
        part(1, 'two'),
        { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'aloud' },
        { ...said(1, 'a'), logprobs },
        { type: 'response.output_text.annotation.added', output_index: 1, content_index: 0, annotation },
        { type: 'response.refusal.delta', output_index: 1, content_index: 1, delta: 'No.' },
        done(
          1,
          message({ type: 'output_text', text: 'a', annotations: [annotation] } as Part, {
            type: 'refusal',
            refusal: 'No.',
          }),
        ),
        completed(),
      ]),
    ]);
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.map(({ delta }) => delta.reasoning_content ?? '').join('')).toBe('one more\n\ntwo\n\naloud');
    expect(choices.flatMap(({ logprobs: given }) => given?.content ?? [])).toEqual(logprobs);
    expect(choices.flatMap(({ delta }) => delta.annotations ?? [])).toHaveLength(1);
    expect(choices.map(({ delta }) => delta.refusal ?? '').join('')).toBe('No.');
  });

  it('finishes by what the last event says', () => {
    const incomplete = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    expect(read(said(0, 'a'), { ...completed([], incomplete), type: 'response.incomplete' }).finish_reason).toBe(
      'length',
    );
    expect(read(said(0, 'a'), { type: 'response.incomplete' }).finish_reason).toBe('length');
  });

  it('knows events by their names where the data does not tell', () => {
    const named = 'event: response.completed\ndata: {"response":{"output":[]}}\n\n';
    expect(foldStream([sse([said(0, 'a')]), Buffer.from(named)]).choices[0]?.message.content).toBe('a');
  });

  it('is done at the last event, and lets a [DONE] of chat pass', () => {
    const done = Buffer.from('data: [DONE]\n\n');
    expect(foldStream([sse([said(0, 'a'), completed()]), done]).choices[0]?.finish_reason).toBe('stop');
    expect(() => readStream([sse([said(0, 'a')]), done])).toThrow('upstream_incomplete');
  });

  it.each<[event: Event, code: string, retryable: boolean]>([
    [{ type: 'error', code: 'server_error', message: 'x', param: null }, 'provider_unavailable', true],
    [
      { type: 'error', error: { type: 'insufficient_quota', code: 'insufficient_quota' } },
      'provider_credits_exhausted',
      false,
    ],
    [{ type: 'error', error: { code: 'context_length_exceeded', message: 'x' } }, 'context_length_exceeded', false],
    [
      { type: 'response.failed', response: respond({ error: { code: 'rate_limit_exceeded' } }) },
      'provider_rate_limited',
      true,
    ],
    [
      { type: 'response.failed', response: respond({ error: { code: 'invalid_image_url' } }) },
      'provider_refused_request',
      false,
    ],
    [{ type: 'response.failed', response: respond({ error: { code: 'bio_policy' } }) }, 'content_filtered', false],
    [{ type: 'response.failed', response: respond({ error: null }) }, 'provider_unavailable', true],
    [{ type: '', error: { code: 503, message: 'x' } }, 'provider_unavailable', true],
    [completed([], { status: 'failed' }), 'provider_unavailable', true],
  ])('%j is a failure', (event, code, retryable) => {
    expect(failureOf(said(0, 'a'), event)).toMatchObject({ code, retryable, upstream: { status: null } });
  });

  it('calls what is no JSON object a bad answer', () => {
    for (const data of ['{', '[]', 'null']) {
      expect(() => readStream([Buffer.from(`data: ${data}\n\n`)])).toThrow('provider_bad_answer');
    }
  });
});

describe('any answer', () => {
  const text = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
  const json = fc.json({ maxDepth: 1 });
  const item = fc.oneof(
    fc
      .array(text, { minLength: 1, maxLength: 3 })
      .map((texts) => message(...texts.map((words) => ({ type: 'output_text', text: words })))),
    text.map((refusal) => message({ type: 'refusal', refusal })),
    fc.record({ name: text, args: json }).map(({ name, args }) => ({ ...call, name, arguments: args })),
    fc.array(text, { maxLength: 2 }).map((texts) => ({
      ...thought,
      summary: texts.map((words) => ({ type: 'summary_text', text: words })),
    })),
  );
  const output = fc.array(item, { minLength: 1, maxLength: 4 }).map((items) =>
    items.map((one, index): Item => ({
      ...one,
      id: `item_${index}`,
      ...('call_id' in one && { call_id: `call_${index}` }),
    })),
  );

  /** The events that stream an item, its strings in single characters. */
  function streamItem(one: Item, output_index: number): Event[] {
    const grow = (type: string, words: unknown, fields: object = {}): Event[] =>
      Array.from(String(words), (delta) => ({ type: `response.${type}.delta`, output_index, delta, ...fields }));
    const parts = ((one['content'] ?? one['summary'] ?? []) as Part[]).flatMap((part, at) => {
      if (part.type === 'refusal') return grow('refusal', part.refusal, { content_index: at });
      if (part.type === 'output_text') return grow('output_text', part.text, { content_index: at });
      return grow('reasoning_summary_text', part.text, { summary_index: at });
    });
    const args = one.type === 'function_call' ? grow('function_call_arguments', one['arguments']) : [];
    const begun = { ...one, arguments: '', content: [], summary: [], encrypted_content: null };
    return [added(output_index, begun), ...parts, ...args, done(output_index, one)];
  }

  it('is the same whole and streamed, whatever is left out of the stream, and wherever its bytes are cut', () => {
    fc.assert(
      fc.property(output, fc.nat(), fc.nat(), (items, kept, at) => {
        const whole = decodeResponse(completed(items)['response'], context);
        const events = items.flatMap((one, index) => streamItem(one, index));
        // Deltas, finished items or beginnings only.
        const partial = events.filter(({ type }) => [true, type.endsWith('.done'), !type.endsWith('.added')][kept % 3]);
        const bytes = sse([created, ...partial, completed(items)]);
        const cut = at % bytes.length;
        expect(foldStream([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
      }),
    );
  });
});
