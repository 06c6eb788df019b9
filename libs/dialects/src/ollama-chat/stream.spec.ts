import { describe, expect, it } from '@jest/globals';
import type { ChatCompletionChunk } from '@parley/contracts';
import fc from 'fast-check';
import { UpstreamFailureError } from '../dialect.ts';
import { answerContext, foldChunks, readStream } from '../fold.testing.ts';
import { textOf, type JsonObject } from '../json-values.ts';
import { ollamaChat } from './index.ts';

const bytesOf = (documents: readonly unknown[], end = '\n'): Buffer =>
  Buffer.from(documents.map((document) => JSON.stringify(document) + end).join(''));
const decode = (documents: readonly unknown[]): ChatCompletionChunk[] => readStream(ollamaChat, [bytesOf(documents)]);
const codeOf = (documents: readonly unknown[]): unknown => {
  try {
    return decode(documents);
  } catch (error) {
    return (error as UpstreamFailureError).failure.code;
  }
};

const head = { model: 'qwen3:8b', created_at: '2026-08-07T06:08:11.0Z' };
const piece = (message: JsonObject): JsonObject => ({
  ...head,
  message: { role: 'assistant', ...message },
  done: false,
});
const last = { ...head, message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' };
const counted = { ...last, prompt_eval_count: 3, eval_count: 2 };

describe('reading a stream of Ollama', () => {
  it('gives pieces at once, and finish and usage with the last document', () => {
    const decoder = ollamaChat.openStreamDecoder(answerContext);
    const push = (document: JsonObject) => decoder.push({ data: JSON.stringify(document) });
    const common = {
      id: 'chatcmpl-fallback',
      object: 'chat.completion.chunk',
      created: 1_786_082_891,
      model: 'qwen3:8b',
    };
    expect(push(piece({ content: 'Hel' }))).toEqual([
      { ...common, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null }] },
    ]);
    expect(push({ ...piece({ content: 'lo' }), created_at: '2027-01-01T00:00:00Z', model: 'other' })).toEqual([
      { ...common, choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: null }] },
    ]);
    expect(decoder.done).toBe(false);
    expect(push(counted)).toEqual([
      { ...common, choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'stop' }] },
      { ...common, choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
    ]);
    expect(decoder.done).toBe(true);
    expect([...push(piece({ content: 'late' })), ...decoder.end()]).toEqual([]);
  });

  it('numbers calls over the whole stream, whatever their documents say', () => {
    const call = (name: string) => ({ function: { index: 0, name, arguments: { of: name } } });
    const documents = [piece({ tool_calls: [call('a')] }), piece({ tool_calls: [call('b'), call('c')] }), last];
    const { finish_reason, message } = foldChunks(decode(documents)).choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.tool_calls?.map(({ id, function: called }) => [id, called.arguments])).toEqual([
      ['call_fallback_0', '{"of":"a"}'],
      ['call_fallback_1', '{"of":"b"}'],
      ['call_fallback_2', '{"of":"c"}'],
    ]);
  });

  it('gives a silent answer its role', () => {
    expect(decode([last])).toMatchObject([{ choices: [{ delta: { role: 'assistant', content: '' } }] }]);
  });

  it('calls a stream without its last document incomplete', () => {
    expect(codeOf([])).toBe('upstream_incomplete');
    expect(codeOf([piece({ content: 'a' })])).toBe('upstream_incomplete');
  });

  it('fails on a line that is an error, no object or no JSON', () => {
    expect(codeOf([piece({ content: 'a' }), { error: 'an error was encountered while running the model' }])).toBe(
      'provider_unavailable',
    );
    expect(codeOf([piece({ content: 'a' }), { error: 'prompt too long' }])).toBe('context_length_exceeded');
    expect(codeOf(['text'])).toBe('provider_bad_answer');
    expect(() => readStream(ollamaChat, [Buffer.from('{"cut\n')])).toThrow('provider_bad_answer');
  });
});

const arbitraryMessage: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ content: fc.string({ unit: 'grapheme' }) }),
  fc.record({ content: fc.constant(''), thinking: fc.string({ unit: 'grapheme' }) }),
  fc.record({
    tool_calls: fc.array(
      fc.record(
        {
          id: fc.constantFrom('call_a', 'call_b', ''),
          function: fc.record({ name: fc.string(), arguments: fc.dictionary(fc.string(), fc.jsonValue()) }),
        },
        { requiredKeys: ['function'] },
      ),
      { maxLength: 3 },
    ),
  }),
);
const arbitraryMessages = fc.array(arbitraryMessage, { maxLength: 8 });

describe('a stream of Ollama', () => {
  it('folds into what the same answer in one piece gives', () => {
    fc.assert(
      fc.property(arbitraryMessages, (messages) => {
        const join = (field: string) => messages.map((message) => textOf(message[field]) ?? '').join('');
        const calls = messages.flatMap((message) => (message['tool_calls'] as JsonObject[] | undefined) ?? []);
        const message = { content: join('content'), thinking: join('thinking'), tool_calls: calls };
        const whole = ollamaChat.decodeResponse({ ...counted, message }, answerContext);
        expect(foldChunks(decode([...messages.map(piece), counted]))).toEqual(whole);
      }),
    );
  });

  it('gives the same chunks however its bytes are cut', () => {
    fc.assert(
      fc.property(arbitraryMessages, fc.array(fc.nat(), { maxLength: 12 }), (messages, cuts) => {
        const documents = [...messages.map(piece), counted];
        const bytes = bytesOf(documents, '\r\n');
        const borders = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
        const pieces = borders.slice(1).map((border, position) => bytes.subarray(borders[position], border));
        expect(readStream(ollamaChat, pieces)).toEqual(decode(documents));
      }),
    );
  });
});
