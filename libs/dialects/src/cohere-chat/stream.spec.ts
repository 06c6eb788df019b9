import { describe, expect, it } from '@jest/globals';
import type { ChatCompletionChunk } from '@parley/contracts';
import fc from 'fast-check';
import { UpstreamFailureError } from '../dialect.ts';
import { answerContext, foldChunks, readStream } from '../fold.testing.ts';
import type { JsonObject } from '../json-values.ts';
import { cohereChat } from './index.ts';

const bytesOf = (events: readonly JsonObject[], end = '\n'): Buffer =>
  Buffer.from(
    events.map((event) => `event: ${String(event['type'])}${end}data: ${JSON.stringify(event)}${end}${end}`).join(''),
  );
const decode = (events: readonly JsonObject[]): ChatCompletionChunk[] => readStream(cohereChat, [bytesOf(events)]);
const codeOf = (bytes: Buffer): unknown => {
  try {
    return readStream(cohereChat, [bytes]);
  } catch (error) {
    return (error as UpstreamFailureError).failure.code;
  }
};

const event = (type: string, message: JsonObject, fields: JsonObject = {}): JsonObject => ({
  type,
  ...fields,
  delta: { message },
});
const start: JsonObject = { ...event('message-start', { role: 'assistant', content: [] }), id: 'c14c80c3' };
const usage = { tokens: { input_tokens: 3, output_tokens: 2 } };
const ending = (reason = 'COMPLETE', fields: JsonObject = {}): JsonObject => ({
  type: 'message-end',
  delta: { finish_reason: reason, usage, ...fields },
});
const text = (value: string, index = 0) => event('content-delta', { content: { text: value } }, { index });
const callStart = (index: number, name: string, args = '') =>
  event('tool-call-start', { tool_calls: { id: `${name}_1`, function: { name, arguments: args } } }, { index });
const callDelta = (index: number, args: string) =>
  event('tool-call-delta', { tool_calls: { function: { arguments: args } } }, { index });
const callEnd = (index: number) => ({ type: 'tool-call-end', index });

describe('reading a stream of Cohere', () => {
  it('gives pieces at once, and finish and usage at the end of the message', () => {
    const decoder = cohereChat.openStreamDecoder(answerContext);
    const push = (data: JsonObject) => decoder.push({ event: String(data['type']), data: JSON.stringify(data) });
    const common = {
      id: 'chatcmpl-c14c80c3',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'model-under-test',
    };
    expect(push(start)).toEqual([
      { ...common, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
    ]);
    expect(push(event('content-start', { content: { type: 'text', text: '' } }, { index: 0 }))).toEqual([]);
    expect(push(text('Hello'))).toEqual([
      { ...common, choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }] },
    ]);
    expect(decoder.done).toBe(false);
    expect(push(ending())).toEqual([
      { ...common, choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'COMPLETE' }] },
      { ...common, choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
    ]);
    expect(decoder.done).toBe(true);
    expect([...push(text('late')), ...decoder.push({ data: '[DONE]' }), ...decoder.end()]).toEqual([]);
  });

  it('streams arguments as they come, also of calls that overlap, and gives a call without any an empty object', () => {
    const events = [
      start,
      event('tool-plan-delta', { tool_plan: 'I will ' }),
      event('tool-plan-delta', { tool_plan: 'call.' }),
      callStart(4, 'a'),
      callStart(7, 'b', '{"y"'),
      callDelta(4, '{"x":'),
      callDelta(7, ':2}'),
      callDelta(4, '1}'),
      callEnd(4),
      callStart(8, 'c'),
      callEnd(8),
      callStart(9, 'd'),
      ending('TOOL_CALL'),
    ];
    const { finish_reason, message } = foldChunks(decode(events)).choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.reasoning_content).toBe('I will call.');
    expect(message.tool_calls?.map(({ id, function: called }) => [id, called.arguments])).toEqual([
      ['a_1', '{"x":1}'],
      ['b_1', '{"y":2}'],
      ['c_1', '{}'],
      ['d_1', '{}'],
    ]);
  });

  it('tells citations when the text they cite is whole', () => {
    const sources = [{ type: 'document', id: 'doc:0', document: { title: 'facts.txt' } }];
    const citation = { start: 0, end: 4, text: 'Ruby', sources, content_index: 1 };
    const events = [
      start,
      text('By ', 0),
      text('Ru', 1),
      event('citation-start', { citations: citation }),
      text('by', 1),
    ];
    expect(foldChunks(decode([...events, ending()])).choices[0]!.message.annotations).toEqual([
      {
        type: 'file_citation',
        file_citation: { file_id: 'doc:0', filename: 'facts.txt', start_index: 3, end_index: 7, content: 'Ruby' },
      },
    ]);
  });

  it('carries log probabilities with their text', () => {
    const logprobs = { text: 'a', token_ids: [1], logprobs: [-1] };
    const chunks = decode([start, { ...text('a'), logprobs }, ending()]);
    expect(chunks[1]!.choices[0]!.logprobs?.content).toMatchObject([{ token: 'a', logprob: -1 }]);
  });

  it('calls a stream without the end of its message incomplete, whatever else it says', () => {
    for (const events of [[], [start], [start, text('a')]]) expect(codeOf(bytesOf(events))).toBe('upstream_incomplete');
    expect(codeOf(Buffer.from(`${bytesOf([start]).toString()}data: [DONE]\n\n`))).toBe('upstream_incomplete');
  });

  it('fails on a generation that broke off and on events that are errors or unreadable', () => {
    expect(codeOf(bytesOf([start, text('a'), ending('ERROR', { error: 'overloaded' })]))).toBe('provider_unavailable');
    expect(codeOf(bytesOf([start, ending('TIMEOUT')]))).toBe('provider_unavailable');
    expect(codeOf(bytesOf([start, { type: 'error', message: 'too many tokens' }]))).toBe('context_length_exceeded');
    expect(codeOf(Buffer.from('event: error\ndata: {"message":"gone"}\n\n'))).toBe('provider_unavailable');
    expect(codeOf(Buffer.from('data: {"message":"gone"}\n\n'))).toBe('provider_unavailable');
    expect(codeOf(Buffer.from('data: {"cut\n\n'))).toBe('provider_bad_answer');
    expect(codeOf(Buffer.from('data: []\n\n'))).toBe('provider_bad_answer');
  });
});

const fragments = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 4 });
const calls = fc.array(fc.record({ name: fc.string(), pieces: fragments }), { maxLength: 3 });
const answers = fc.record({ thoughts: fragments, texts: fragments, plan: fragments, calls });

describe('a stream of Cohere', () => {
  it('folds into what the same answer in one piece gives, however its bytes are cut', () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
        const events = [
          start,
          ...parts.thoughts.map((piece) => event('content-delta', { content: { thinking: piece } }, { index: 0 })),
          ...parts.texts.map((piece) => text(piece, 1)),
          ...parts.plan.map((piece) => event('tool-plan-delta', { tool_plan: piece })),
          ...parts.calls.flatMap(({ name, pieces }, index) => [
            callStart(index, name),
            ...pieces.map((piece) => callDelta(index, piece)),
            callEnd(index),
          ]),
          ending(),
        ];
        const content = [
          { type: 'thinking', thinking: parts.thoughts.join('') },
          { type: 'text', text: parts.texts.join('') },
        ];
        const message = {
          content,
          tool_plan: parts.plan.join(''),
          tool_calls: parts.calls.map(({ name, pieces }) => ({
            id: `${name}_1`,
            function: { name, arguments: pieces.join('') },
          })),
        };
        fc.pre(new Set(parts.calls.map(({ name }) => name)).size === parts.calls.length);
        const body = { id: 'c14c80c3', message, finish_reason: 'COMPLETE', usage };
        const bytes = bytesOf(events, '\r\n');
        const borders = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
        const pieces = borders.slice(1).map((border, position) => bytes.subarray(borders[position], border));
        expect(foldChunks(readStream(cohereChat, pieces))).toEqual(cohereChat.decodeResponse(body, answerContext));
      }),
    );
  });
});
