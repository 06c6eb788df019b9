import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerContext } from '../dialect.ts';
import { fold, readStream } from './fold.testing.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

const context: AnswerContext = {
  target: { provider: 'anthropic', upstreamModel: 'claude-x', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1700,
};

type Event = { type: string; [field: string]: unknown };
type Block = { type: string; [field: string]: unknown };

const sse = (events: Event[], newline = '\n') =>
  Buffer.from(
    events.map((event) => [`event: ${event.type}`, `data: ${JSON.stringify(event)}`, '', ''].join(newline)).join(''),
  );

const start = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-x-1', usage: { input_tokens: 9, output_tokens: 1 } },
};
const closing = (stop_reason: string) => [
  { type: 'message_delta', delta: { stop_reason, stop_details: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
];
const opened = (index: number, content_block: Block) => ({ type: 'content_block_start', index, content_block });
const grown = (index: number, delta: Block) => ({ type: 'content_block_delta', index, delta });
const closed = (index: number) => ({ type: 'content_block_stop', index });
const read = (events: Event[]) => readStream([sse(events)], context);
const textBlock = [opened(0, { type: 'text', text: '' }), grown(0, { type: 'text_delta', text: 'Hé' }), closed(0)];

/** The events that stream a block, its strings in single characters. */
function streamBlock(block: Block, index: number): Event[] {
  const pieces = (text: unknown, type: string, field: string) =>
    Array.from(String(text), (piece) => grown(index, { type, [field]: piece }));
  switch (block.type) {
    case 'text': {
      const citations = (block['citations'] as Block[] | undefined) ?? [];
      const cited = citations.map((citation) => grown(index, { type: 'citations_delta', citation }));
      return [
        opened(index, { type: 'text', text: '' }),
        ...cited,
        ...pieces(block['text'], 'text_delta', 'text'),
        closed(index),
      ];
    }
    case 'thinking':
      return [
        opened(index, { type: 'thinking', thinking: '', signature: '' }),
        ...pieces(block['thinking'], 'thinking_delta', 'thinking'),
        grown(index, { type: 'signature_delta', signature: block['signature'] }),
        closed(index),
      ];
    case 'tool_use': {
      const json = JSON.stringify(block['input']);
      const parts = json === '{}' ? [] : pieces(json, 'input_json_delta', 'partial_json');
      return [opened(index, { ...block, input: {} }), ...parts, closed(index)];
    }
    default:
      return [opened(index, block), grown(index, { type: 'input_json_delta', partial_json: '{"q":1}' }), closed(index)];
  }
}

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary' }) }),
  fc.record({
    type: fc.constant('text'),
    text: fc.string(),
    citations: fc.array(
      fc.record({ type: fc.constant('web_search_result_location'), url: fc.webUrl(), title: fc.string() }),
    ),
  }),
  fc.record({ type: fc.constant('thinking'), thinking: fc.string(), signature: fc.base64String() }),
  fc.record({ type: fc.constant('redacted_thinking'), data: fc.base64String() }),
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.uuid(),
    name: fc.string(),
    input: fc.dictionary(fc.string(), fc.string()),
  }),
  fc.record({ type: fc.constantFrom('server_tool_use', 'web_search_tool_result', 'of_tomorrow'), id: fc.uuid() }),
);

describe('any stream', () => {
  const message = fc.record({
    content: fc.array(block, { maxLength: 6 }),
    stop_reason: fc.constantFrom('end_turn', 'tool_use', 'max_tokens', 'refusal', 'pause_turn'),
  });
  const eventsOf = (content: Block[], stopReason: string) => [
    start,
    ...content.flatMap(streamBlock),
    ...closing(stopReason),
  ];

  it('folds into what decodeResponse reads from the same content', () => {
    fc.assert(
      fc.property(message, ({ content, stop_reason }) => {
        const body = { ...start.message, content, stop_reason, usage: { input_tokens: 9, output_tokens: 5 } };
        expect(fold(read(eventsOf(content, stop_reason)))).toEqual(decodeResponse(body, context));
      }),
    );
  });

  it('gives the same chunks however its bytes are split', () => {
    fc.assert(
      fc.property(
        message,
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat()),
        ({ content, stop_reason }, newline, cuts) => {
          const bytes = sse(eventsOf(content, stop_reason), newline);
          const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
          const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
          expect(readStream(pieces, context)).toEqual(readStream([bytes], context));
        },
      ),
    );
  });
});

describe('openStreamDecoder', () => {
  it('gives the role first, deltas as they come, one finish, and the usage last', () => {
    const shape = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700, model: 'claude-x-1' };
    expect(read([start, { type: 'ping' }, ...textBlock, ...closing('end_turn')])).toEqual([
      { ...shape, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
      { ...shape, choices: [{ index: 0, delta: { content: 'Hé' }, finish_reason: null }] },
      { ...shape, choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'end_turn' }] },
      { ...shape, choices: [], usage: expect.objectContaining({ prompt_tokens: 9, completion_tokens: 5 }) },
    ]);
  });

  it('numbers client calls from 0 and gives {} for a call without arguments', () => {
    const chunks = read([
      start,
      ...textBlock,
      opened(1, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      grown(1, { type: 'input_json_delta', partial_json: '{"query":"x"}' }),
      closed(1),
      opened(2, { type: 'tool_use', id: 'a', name: 'look', input: {} }),
      grown(2, { type: 'input_json_delta', partial_json: '' }),
      closed(2),
      opened(3, { type: 'tool_use', id: 'b', name: 'send', input: { whole: true } }),
      ...closing('tool_use'),
    ]);
    const deltas = chunks.flatMap((chunk) => chunk.choices.flatMap((choice) => choice.delta.tool_calls ?? []));
    expect(deltas).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '' } },
      { index: 0, function: { arguments: '{}' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'send', arguments: '' } },
      { index: 1, function: { arguments: '{"whole":true}' } },
    ]);
  });

  it('overwrites usage by later events and keeps what they do not repeat', () => {
    const first = {
      type: 'message_start',
      message: {
        usage: {
          input_tokens: 3,
          cache_creation_input_tokens: 8,
          cache_creation: { ephemeral_1h_input_tokens: 8 },
          output_tokens: 1,
        },
      },
    };
    const later = {
      type: 'message_delta',
      delta: {},
      usage: { input_tokens: 4, output_tokens: 2, cache_read_input_tokens: null },
    };
    const last = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 6 } };
    expect(read([first, later, last, { type: 'message_stop' }]).at(-1)?.usage).toMatchObject({
      prompt_tokens: 12,
      completion_tokens: 6,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 8, cache_write_1h_tokens: 8 },
    });
  });

  it('gives the explanation of a refusal with the finish', () => {
    const refused = { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details: { explanation: 'No.' } } };
    const answer = fold(read([start, refused, { type: 'message_stop' }]));
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: null, refusal: 'No.' },
    });
  });

  it('uses the identity that it is given where the provider gives none, and still says the role', () => {
    const [first] = read([...textBlock, { type: 'message_stop' }]);
    expect(first).toMatchObject({
      id: 'chatcmpl-fallback',
      model: 'claude-x',
      choices: [{ delta: { role: 'assistant' } }],
    });
  });

  it('ignores unknown events, stray deltas and everything after the end', () => {
    const clean = read([start, ...textBlock, ...closing('end_turn')]);
    const noisy = [
      start,
      { type: 'event_of_tomorrow' },
      grown(7, { type: 'text_delta', text: 'nowhere' }),
      opened(8, null as unknown as Block),
      ...textBlock,
      closed(9),
      ...closing('end_turn'),
      start,
      ...textBlock,
      { type: 'error', error: { type: 'api_error', message: 'late' } },
    ];
    expect(read(noisy)).toEqual(clean);
  });

  it('throws the failure of an error event', () => {
    const failed = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(() => read([start, ...textBlock, failed])).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'provider_unavailable', retryable: true }) }),
    );
  });

  it.each(['{"type":', '[]', 'null', '', '"x"'])('throws for an event that cannot be read: %j', (data) => {
    expect(() => openStreamDecoder(context).push({ data })).toThrow('provider_bad_answer');
  });

  it('throws when the connection ends before the message does', () => {
    const events = [start, ...textBlock, ...closing('end_turn')];
    for (let length = 0; length < events.length; length += 1) {
      expect(() => read(events.slice(0, length))).toThrow('upstream_incomplete');
    }
  });
});
