import { describe, expect, it } from '@jest/globals';
import type { ChatCompletionChunk } from '@parley/contracts';
import fc from 'fast-check';
import { UpstreamFailureError, type UpstreamFailure } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { answerContext, foldChunks } from './fold.testing.ts';
import type { JsonObject } from '../json-values.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

function decode(documents: unknown[]): ChatCompletionChunk[] {
  const decoder = openStreamDecoder(answerContext);
  const chunks = documents.flatMap((document) => decoder.push({ data: JSON.stringify(document) }));
  return [...chunks, ...decoder.end()];
}

function failureOf(read: () => unknown): UpstreamFailure {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof UpstreamFailureError) return thrown.failure;
    throw thrown;
  }
  throw new Error('the stream was taken for an answer');
}

const piece = (parts: JsonObject[], candidate: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { role: 'model', parts }, ...candidate }],
});
const text = (value: string, candidate: JsonObject = {}) => piece([{ text: value }], candidate);

describe('openStreamDecoder', () => {
  it('gives pieces at once, and the finish and the last usage at the end', () => {
    const decoder = openStreamDecoder(answerContext);
    const push = (document: JsonObject) => decoder.push({ data: JSON.stringify(document) });
    const identity = { responseId: 'abc', modelVersion: 'gemini-x' };
    const common = {
      id: 'chatcmpl-fallback-id',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'gemini-x',
    };

    expect(push({ ...text('Hel'), ...identity, usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } })).toEqual([
      { ...common, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null }] },
    ]);
    const last = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
    expect(push({ ...text('lo', { finishReason: 'STOP' }), responseId: 'other', usageMetadata: last })).toEqual([
      { ...common, choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: null }] },
    ]);
    expect(decoder.end()).toEqual([
      { ...common, choices: [{ index: 0, delta: {}, finish_reason: 'stop', native_finish_reason: 'STOP' }] },
      {
        ...common,
        choices: [],
        usage: {
          prompt_tokens: 3,
          completion_tokens: 2,
          total_tokens: 5,
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 0 },
        },
      },
    ]);
  });

  it('keeps content that follows a finish before the one finish it gives', () => {
    const { choices } = foldChunks(
      decode([text('First ', { finishReason: 'STOP' }), text('second', { finishReason: 'STOP' })]),
    );
    expect(choices).toMatchObject([{ content: 'First second', finishReason: 'stop' }]);
  });

  it('gives a call in one delta with everything in it', () => {
    const call = { functionCall: { name: 'weather', args: { city: 'Oslo' }, id: 'given' }, thoughtSignature: 's' };
    const [first, finish] = decode([piece([call], { finishReason: 'STOP' })]);
    expect(first!.choices).toEqual([
      {
        index: 0,
        delta: {
          role: 'assistant',
          tool_calls: [
            { index: 0, id: 'given', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
          ],
          reasoning_details: [
            { type: 'reasoning.encrypted', data: 's', id: 'given', format: 'google-gemini-v1', index: 0 },
          ],
        },
        finish_reason: null,
      },
    ]);
    expect(finish!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('gathers arguments that come in pieces, also when the stream forgets to close the last call', () => {
    const { choices } = foldChunks(
      decode([
        piece([{ functionCall: { name: 'a', willContinue: true }, thoughtSignature: 's' }]),
        piece([{ functionCall: { partialArgs: [{ jsonPath: '$.x', stringValue: '1' }], willContinue: true } }]),
        piece([{ functionCall: {} }]),
        piece([{ functionCall: {} }]),
        piece([{ functionCall: { name: 'b', args: { y: 1 }, willContinue: true } }]),
        text('', { finishReason: 'STOP' }),
      ]),
    );
    expect(choices[0]!.finishReason).toBe('tool_calls');
    expect(choices[0]!.toolCalls.map(({ function: called }) => called)).toEqual([
      { name: 'a', arguments: '{"x":"1"}' },
      { name: 'b', arguments: '{"y":1}' },
    ]);
    expect(choices[0]!.reasoningDetails).toMatchObject([{ data: 's', id: choices[0]!.toolCalls[0]!.id }]);
  });

  it('keeps the choices of n apart', () => {
    const both = (first: string, second: string, fields: JsonObject = {}) => ({
      candidates: [text(first, fields), text(second, { ...fields, index: 1 })].flatMap(({ candidates }) => candidates),
    });
    const { choices } = foldChunks(decode([both('a', 'x'), both('b', 'y', { finishReason: 'STOP' })]));
    expect(choices.map(({ content }) => content)).toEqual(['ab', 'xy']);
  });

  it('carries log probabilities, on a chunk of their own where nothing else came', () => {
    const logprobsResult = { chosenCandidates: [{ token: 'a', logProbability: -1 }] };
    const chunks = decode([text('a', { logprobsResult }), text('', { logprobsResult, finishReason: 'STOP' })]);
    expect(chunks.map(({ choices }) => choices[0]!.logprobs?.content?.length)).toEqual([1, 1, undefined]);
  });

  it('ends a blocked prompt with an empty, filtered choice', () => {
    const blocked = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { trafficType: 'ON_DEMAND' },
    };
    expect(decode([blocked]).map(({ choices }) => choices)).toEqual([
      [
        {
          index: 0,
          delta: { role: 'assistant', content: '' },
          finish_reason: 'content_filter',
          native_finish_reason: 'PROHIBITED_CONTENT',
        },
      ],
    ]);
  });

  it('calls an answer without its finish incomplete', () => {
    const half = {
      candidates: [text('a', { finishReason: 'STOP' }), text('b', { index: 1 })].flatMap(
        ({ candidates }) => candidates,
      ),
    };
    for (const documents of [[], [text('a')], [half], [{ usageMetadata: { promptTokenCount: 1 } }]]) {
      expect(failureOf(() => decode(documents))).toMatchObject({ code: 'upstream_incomplete', retryable: true });
    }
  });

  it('fails on an error event, an unreadable one and an answer that the model spoiled', () => {
    const overloaded = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };
    expect(failureOf(() => decode([text('a'), overloaded]))).toMatchObject({
      code: 'provider_unavailable',
      upstream: { status: 503, message: 'overloaded' },
    });
    const decoder = openStreamDecoder(answerContext);
    expect(failureOf(() => decoder.push({ data: '{"cut' }))).toMatchObject({ code: 'provider_bad_answer' });
    expect(failureOf(() => decode(['text']))).toMatchObject({ code: 'provider_bad_answer' });
    expect(failureOf(() => decode([piece([], { finishReason: 'MALFORMED_FUNCTION_CALL' })]))).toMatchObject({
      code: 'provider_bad_answer',
      upstream: { code: 'MALFORMED_FUNCTION_CALL' },
    });
  });
});

const arbitraryPart: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ text: fc.string({ unit: 'grapheme' }) }),
  fc.record({ text: fc.string(), thought: fc.constant(true) }),
  fc.record({ text: fc.string(), thoughtSignature: fc.base64String({ minLength: 4 }) }),
  fc.record({
    functionCall: fc.record({ name: fc.string({ minLength: 1 }), args: fc.dictionary(fc.string(), fc.jsonValue()) }),
  }),
  fc.record({ inlineData: fc.record({ mimeType: fc.constant('image/png'), data: fc.base64String({ minLength: 4 }) }) }),
  fc.record({ executableCode: fc.record({ code: fc.string() }) }),
);
const arbitraryPieces = fc.array(fc.array(arbitraryPart, { maxLength: 3 }), { maxLength: 6 });
const finish = { finishReason: 'STOP' };
const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 };

describe('a stream', () => {
  it('folds into what decodeResponse gives for the same answer in one piece', () => {
    fc.assert(
      fc.property(arbitraryPieces, (pieces) => {
        const documents = [...pieces.map((parts) => piece(parts)), { ...piece([], finish), usageMetadata }];
        const folded = foldChunks(decode(documents));
        const whole = decodeResponse({ ...piece(pieces.flat(), finish), usageMetadata }, answerContext);
        const { message, finish_reason } = whole.choices[0]!;
        expect(folded.usage).toEqual(whole.usage);
        expect(folded.choices).toEqual([
          {
            content: message.content,
            reasoning: message.reasoning_content ?? '',
            reasoningDetails: message.reasoning_details ?? [],
            toolCalls: message.tool_calls ?? [],
            annotations: [],
            images: message['images'] ?? [],
            finishReason: finish_reason,
            nativeFinish: 'STOP',
          },
        ]);
      }),
    );
  });

  it('gives the same chunks however its bytes are cut', () => {
    fc.assert(
      fc.property(arbitraryPieces, fc.array(fc.nat(), { maxLength: 12 }), (pieces, cuts) => {
        const documents = [...pieces.map((parts) => piece(parts)), { ...piece([], finish), usageMetadata }];
        const bytes = Buffer.from(documents.map((document) => `data: ${JSON.stringify(document)}\r\n\r\n`).join(''));
        const borders = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
        const reader = new SseReader();
        const decoder = openStreamDecoder(answerContext);
        const events = borders.slice(1).flatMap((end, position) => reader.push(bytes.subarray(borders[position], end)));
        const chunks = [...events, ...reader.end()].flatMap((event) => decoder.push(event));
        expect([...chunks, ...decoder.end()]).toEqual(decode(documents));
      }),
    );
  });
});
