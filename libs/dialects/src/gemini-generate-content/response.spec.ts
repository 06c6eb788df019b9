import { describe, expect, it } from '@jest/globals';
import { UpstreamFailureError, type UpstreamFailure } from '../dialect.ts';
import { answerContext } from './fold.testing.ts';
import type { JsonObject } from '../json-values.ts';
import { decodeResponse } from './response.ts';

const decode = (body: unknown) => decodeResponse(body, answerContext);
const answer = (parts: JsonObject[], candidate: JsonObject = {}) =>
  decode({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', ...candidate }] });

function failureOf(body: unknown): UpstreamFailure {
  try {
    decode(body);
  } catch (thrown) {
    if (thrown instanceof UpstreamFailureError) return thrown.failure;
    throw thrown;
  }
  throw new Error('the body was taken for an answer');
}

describe('decodeResponse', () => {
  it('reads text, identity and usage', () => {
    const body = {
      candidates: [{ content: { parts: [{ text: 'Hel' }, { text: 'lo' }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
      modelVersion: 'gemini-2.5-flash-001',
      responseId: 'abc',
    };
    expect(decode(body)).toEqual({
      id: 'chatcmpl-fallback-id',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'gemini-2.5-flash-001',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello' },
          finish_reason: 'stop',
          logprobs: null,
          native_finish_reason: 'STOP',
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  it('gives an id of our own and falls back to the model that was asked', () => {
    expect(answer([{ text: 'x' }])).toMatchObject({ id: 'chatcmpl-fallback-id', model: 'gemini-under-test' });
  });

  it('keeps thoughts apart and signatures with what they sign', () => {
    const { choices } = answer([
      { text: 'Hmm. ', thought: true },
      { text: 'Calling.', thoughtSignature: 'text-signature' },
      { functionCall: { name: 'a', args: { x: 1 }, id: 'given' }, thoughtSignature: 'call-signature' },
      { functionCall: { name: 'b' } },
    ]);
    const { message, finish_reason } = choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message).toEqual({
      role: 'assistant',
      content: 'Calling.',
      reasoning_content: 'Hmm. ',
      reasoning_details: [
        { type: 'reasoning.encrypted', data: 'text-signature', format: 'google-gemini-v1', index: 0 },
        { type: 'reasoning.encrypted', data: 'call-signature', id: 'given', format: 'google-gemini-v1', index: 1 },
      ],
      tool_calls: [
        { id: 'given', type: 'function', function: { name: 'a', arguments: '{"x":1}' } },
        {
          id: expect.stringMatching(/^call_gemini_[0-9a-f]{24}$/),
          type: 'function',
          function: { name: 'b', arguments: '{}' },
        },
      ],
    });
  });

  it('gives each unnamed call an id of its own, the same on a second reading', () => {
    const call = { functionCall: { name: 'a', args: {} } };
    const read = (fallbackId: string) =>
      decodeResponse(
        { candidates: [{ content: { parts: [call, call] } }, { content: { parts: [call] } }] },
        { ...answerContext, fallbackId },
      ).choices.flatMap(({ message }) => message.tool_calls!.map(({ id }) => id));
    expect(read('one')).toEqual(read('one'));
    expect(new Set([...read('one'), ...read('two')]).size).toBe(6);
  });

  it('has null content for calls alone and an empty one for silence', () => {
    expect(answer([{ functionCall: { name: 'a' } }]).choices[0]!.message.content).toBeNull();
    expect(answer([]).choices[0]!.message.content).toBe('');
    expect(decode({ candidates: [{ finishReason: 'MAX_TOKENS' }] }).choices[0]).toMatchObject({
      message: { content: '' },
      finish_reason: 'length',
    });
  });

  it('takes code that Gemini ran for no call and no text', () => {
    const { choices } = answer([
      { executableCode: { language: 'PYTHON', code: 'print(1)' }, thoughtSignature: 's' },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { text: 'One.' },
    ]);
    expect(choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(choices[0]!.message).toEqual({ role: 'assistant', content: 'One.' });
  });

  it('gives images, and leaves out media that have no place', () => {
    const { choices } = answer([
      { inlineData: { mimeType: 'image/png', data: 'AAAA' }, thoughtSignature: 's' },
      { inlineData: { mimeType: 'audio/L16', data: 'AAAA' } },
    ]);
    expect(choices[0]!.message).toEqual({
      role: 'assistant',
      content: '',
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
      reasoning_details: [{ type: 'reasoning.encrypted', data: 's', format: 'google-gemini-v1', index: 0 }],
    });
  });

  it('gives citations, log probabilities and several choices', () => {
    const { choices } = decode({
      candidates: [
        {
          content: { parts: [{ text: 'Paris' }] },
          finishReason: 'STOP',
          groundingMetadata: {
            groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }],
            groundingSupports: [{ segment: { endIndex: 5, text: 'Paris' }, groundingChunkIndices: [0] }],
          },
          logprobsResult: { chosenCandidates: [{ token: 'Paris', logProbability: -1 }] },
        },
        { index: 1, content: { parts: [{ text: 'Rome' }] }, finishReason: 'SAFETY' },
      ],
    });
    expect(choices).toMatchObject([
      {
        index: 0,
        message: {
          annotations: [
            {
              type: 'url_citation',
              url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 5 },
            },
          ],
        },
        logprobs: { content: [{ token: 'Paris', logprob: -1 }] },
      },
      { index: 1, message: { content: 'Rome' }, finish_reason: 'content_filter', native_finish_reason: 'SAFETY' },
    ]);
  });

  it('answers a blocked prompt with an empty, filtered choice', () => {
    expect(decode({ promptFeedback: { blockReason: 'SAFETY' } }).choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: '' },
        finish_reason: 'content_filter',
        logprobs: null,
        native_finish_reason: 'SAFETY',
      },
    ]);
  });

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'])('fails on %s', (finishReason) => {
    expect(failureOf({ candidates: [{ finishReason, finishMessage: 'Malformed.' }] })).toEqual({
      code: 'provider_bad_answer',
      retryable: true,
      upstream: { status: 200, code: finishReason, message: 'Malformed.' },
    });
  });

  it('fails on an error inside a 200', () => {
    const body = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };
    expect(failureOf(body)).toMatchObject({ code: 'provider_unavailable', upstream: { message: 'overloaded' } });
    expect(failureOf([body])).toMatchObject({ code: 'provider_unavailable' });
  });

  it('fails on what is no answer', () => {
    for (const body of [
      undefined,
      null,
      'text',
      [],
      {},
      { candidates: [] },
      { candidates: 'x' },
      { candidates: [null] },
    ]) {
      expect(failureOf(body)).toMatchObject({ code: 'provider_bad_answer', retryable: true });
    }
  });
});
