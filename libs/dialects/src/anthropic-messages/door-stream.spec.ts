import { describe, expect, it } from '@jest/globals';
import type { ChatChunkChoice, ChatCompletionChunk, ChatDelta, ReasoningDetail } from '@parley/contracts';
import fc from 'fast-check';
import type { AnswerContext } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { packDetails } from './door-reasoning.ts';
import { decodeRequest } from './door-request.ts';
import { MessageStreamEncoder } from './door-stream.ts';
import { fold, readStream } from './fold.testing.ts';
import { isObject, type JsonObject } from '../json-values.ts';

const context: AnswerContext = {
  target: { provider: 'anthropic', upstreamModel: 'm', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};
const envelope = { id: 'msg_1', object: 'chat.completion.chunk' as const, created: 1, model: 'm' };
const chunk = (delta: ChatDelta, fields: Partial<ChatChunkChoice> = {}): ChatCompletionChunk => ({
  ...envelope,
  choices: [{ index: 0, delta, finish_reason: null, ...fields }],
});
const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 0, cache_write_1h_tokens: 0 },
};
const USAGE: ChatCompletionChunk = { ...envelope, choices: [], usage };
const start = (index: number, name: string, args = ''): ChatDelta => ({
  tool_calls: [{ index, id: `c${index}`, type: 'function', function: { name, arguments: args } }],
});
const more = (index: number, args: string): ChatDelta => ({ tool_calls: [{ index, function: { arguments: args } }] });

function encode(chunks: readonly ChatCompletionChunk[]): string {
  const encoder = new MessageStreamEncoder();
  return chunks.map((one) => encoder.encode(one)).join('') + encoder.finish();
}

function encodeDeltas(
  deltas: readonly ChatDelta[],
  finish: Partial<ChatChunkChoice> = { finish_reason: 'stop' },
): string {
  return encode([chunk({ role: 'assistant', content: '' }), ...deltas.map((d) => chunk(d)), chunk({}, finish), USAGE]);
}

function eventsOf(text: string): JsonObject[] {
  return new SseReader().push(Buffer.from(text)).map(({ event, data }) => {
    const value = JSON.parse(data) as JsonObject;
    expect(value['type']).toBe(event);
    return value;
  });
}

/** What a client puts together, strict about the order of the events. */
function blocksOf(text: string): JsonObject[] {
  const blocks: JsonObject[] = [];
  let open: JsonObject | undefined;
  for (const event of eventsOf(text)) {
    if (event['type'] === 'content_block_start') {
      expect([event['index'], open]).toEqual([blocks.length, undefined]);
      open = { ...(event['content_block'] as JsonObject) };
      if (open['type'] === 'tool_use') open['input'] = '';
      blocks.push(open);
    } else if (event['type'] === 'content_block_delta') {
      const delta = event['delta'];
      expect(event['index']).toBe(blocks.length - 1);
      if (!open || !isObject(delta)) throw new Error('a delta without a block');
      for (const field of ['text', 'thinking', 'signature']) {
        if (typeof delta[field] === 'string') open[field] = `${String(open[field])}${delta[field]}`;
      }
      if (typeof delta['partial_json'] === 'string') open['input'] = `${String(open['input'])}${delta['partial_json']}`;
    } else if (event['type'] === 'content_block_stop') {
      expect([event['index'], open === undefined]).toEqual([blocks.length - 1, false]);
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
  return blocks;
}

describe('a stream for an Anthropic client', () => {
  it('has Anthropic’s events in their order, with usage at the end', () => {
    const events = eventsOf(encodeDeltas([{ content: 'Hel' }, { content: 'lo' }]));
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]).toEqual({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
      },
    });
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { input_tokens: 7, cache_read_input_tokens: 4, output_tokens: 7 },
    });
  });

  it('is cut into the same chunks as it came from', () => {
    const words = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 4 });
    const inputs = fc.array(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }), { maxLength: 3 });
    fc.assert(
      fc.property(words, words, inputs, fc.boolean(), (thoughts, texts, calls, isSigned) => {
        const detail: ReasoningDetail = {
          type: 'reasoning.text',
          text: thoughts.join(''),
          signature: 'sig',
          format: 'anthropic-claude-v1',
          index: 0,
        };
        const signed = isSigned && thoughts.length > 0;
        const deltas: ChatDelta[] = [
          ...thoughts.map((thought) => ({ reasoning_content: thought })),
          ...(signed ? [{ reasoning_details: [detail] }] : []),
          ...texts.map((content) => ({ content })),
          ...calls.flatMap((parts, index) => [
            start(index, 'f', '{"a":'),
            ...parts.map((part, at) => more(index, `${at === 0 ? '[' : ','}${JSON.stringify(part)}`)),
            more(index, parts.length > 0 ? ']}' : '0}'),
          ]),
        ];
        const finish = calls.length > 0 ? 'tool_calls' : 'stop';
        const text = encodeDeltas(deltas, { finish_reason: finish });
        const folded = fold(readStream([Buffer.from(text)], context));
        const [choice] = folded.choices;
        expect(choice?.finish_reason).toBe(finish);
        expect(choice?.message.content ?? '').toBe(texts.join(''));
        expect(choice?.message.reasoning_content ?? '').toBe(thoughts.join(''));
        if (signed) expect(choice?.message.reasoning_details).toEqual([detail]);
        expect(
          choice?.message.tool_calls?.map(({ function: called }) => JSON.parse(called.arguments) as unknown),
        ).toEqual(calls.length === 0 ? undefined : calls.map((parts) => ({ a: parts.length > 0 ? parts : 0 })));
        expect(folded.usage).toEqual(usage);
      }),
    );
  });

  it('has one block after the other, even where calls come mixed', () => {
    const deltas = [start(0, 'f'), start(1, 'g'), more(1, '{"b":'), more(0, '{"a":1'), more(1, '2}'), more(0, '}')];
    expect(blocksOf(encodeDeltas(deltas))).toEqual([
      { type: 'tool_use', id: 'c0', name: 'f', input: '{"a":1}' },
      { type: 'tool_use', id: 'c1', name: 'g', input: '{"b":2}' },
    ]);
  });

  it('does not hold back a call once the one before it is whole', () => {
    const encoder = new MessageStreamEncoder();
    for (const delta of [start(0, 'f', '{}'), start(1, 'g')]) encoder.encode(chunk(delta));
    expect(encoder.encode(chunk(more(1, '{"b"')))).toContain('"partial_json":"{\\"b\\""');
  });

  it('has a call without arguments', () => {
    expect(blocksOf(encodeDeltas([start(0, 'f'), start(1, 'g', '{}')]))).toEqual([
      { type: 'tool_use', id: 'c0', name: 'f', input: '' },
      { type: 'tool_use', id: 'c1', name: 'g', input: '{}' },
    ]);
  });

  it('shows a refusal', () => {
    const text = encodeDeltas([{ refusal: 'I will not.' }]);
    expect(blocksOf(text)).toEqual([{ type: 'text', text: 'I will not.' }]);
    expect(eventsOf(text).at(-2)).toMatchObject({ delta: { stop_reason: 'refusal' } });
  });

  it('begins and ends also where nothing was said', () => {
    const events = eventsOf(encodeDeltas([]));
    expect(events.map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop']);
  });
});

describe('reasoning in a stream', () => {
  const sendBack = (text: string) => {
    const content = blocksOf(text).map((block) => (block['type'] === 'tool_use' ? { ...block, input: {} } : block));
    return decodeRequest({ model: 'm', max_tokens: 1, messages: [{ role: 'assistant', content }] }).messages[0];
  };
  const claude = (fields: Partial<ReasoningDetail>): ReasoningDetail => ({
    type: 'reasoning.text',
    format: 'anthropic-claude-v1',
    index: 0,
    ...fields,
  });

  it('of Claude through a reseller, whose pieces come in fragments, is one signed block', () => {
    const text = encodeDeltas([
      { reasoning_content: 'a', reasoning_details: [claude({ text: 'a' })] },
      { reasoning_content: 'b', reasoning_details: [claude({ text: 'b' })] },
      { reasoning_details: [claude({ signature: 'sig' })] },
      { content: 'x' },
    ]);
    expect(blocksOf(text)).toEqual([
      { type: 'thinking', thinking: 'ab', signature: 'sig' },
      { type: 'text', text: 'x' },
    ]);
  });

  it('of a whole answer that is told as a stream keeps its blocks', () => {
    const reasoning_details = [
      claude({ text: 'a', signature: 's1' }),
      claude({ type: 'reasoning.encrypted', data: 'd' }),
      claude({ text: 'b', signature: 's2' }),
    ];
    expect(blocksOf(encodeDeltas([{ reasoning_content: 'ab', reasoning_details, content: 'x' }]))).toEqual([
      { type: 'thinking', thinking: 'a', signature: 's1' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'thinking', thinking: 'b', signature: 's2' },
      { type: 'text', text: 'x' },
    ]);
  });

  it.each<[string, ChatDelta[]]>([
    ['a text', [{ content: 'x' }]],
    ['a call', [start(0, 'f', '{}')]],
    ['nothing', []],
  ])('without state is signed all the same, before %s', (_name, deltas) => {
    const [thought] = blocksOf(encodeDeltas([{ reasoning_content: 'hm' }, ...deltas]));
    expect(thought).toEqual({ type: 'thinking', thinking: 'hm', signature: packDetails([]) });
  });

  it('of another provider comes back unchanged, wherever it came', () => {
    const before: ReasoningDetail = {
      type: 'reasoning.encrypted',
      data: 'x',
      id: 'rs_1',
      format: 'openai-responses-v1',
    };
    const onText: ReasoningDetail = { type: 'reasoning.encrypted', data: 'y', format: 'google-gemini-v1' };
    const onCall: ReasoningDetail = { type: 'reasoning.encrypted', data: 'z', id: 'c0', format: 'google-gemini-v1' };
    const text = encodeDeltas([
      { reasoning_content: 'hm' },
      { reasoning_details: [before] },
      { content: 'Wa' },
      { content: 'it.', reasoning_details: [onText] },
      { ...start(0, 'f', '{}'), reasoning_details: [onCall] },
    ]);
    expect(blocksOf(text).map(({ type }) => type)).toEqual(['thinking', 'text', 'redacted_thinking', 'tool_use']);
    expect(sendBack(text)).toEqual({
      role: 'assistant',
      content: 'Wait.',
      reasoning_content: 'hm',
      reasoning_details: [before, onText, onCall],
      tool_calls: [{ id: 'c0', type: 'function', function: { name: 'f', arguments: '{}' } }],
    });
  });

  it('of another provider in fragments is put together', () => {
    const piece = (summary: string): ReasoningDetail => ({
      type: 'reasoning.summary',
      summary,
      format: 'openai-responses-v1',
      index: 0,
    });
    const text = encodeDeltas([{ reasoning_details: [piece('a')] }, { reasoning_details: [piece('b')] }]);
    expect(sendBack(text)).toMatchObject({ reasoning_details: [piece('ab')] });
  });
});
