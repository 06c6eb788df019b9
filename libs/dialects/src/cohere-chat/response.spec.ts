import { describe, expect, it } from '@jest/globals';
import { BILLED_TOKENS } from '@parley/contracts';
import { UpstreamFailureError } from '../dialect.ts';
import { answerContext } from '../fold.testing.ts';
import type { JsonObject } from '../json-values.ts';
import { decodeResponse } from './response.ts';

const answer = (message: JsonObject, fields: JsonObject = {}): JsonObject => ({
  id: 'c14c80c3',
  message: { role: 'assistant', ...message },
  finish_reason: 'COMPLETE',
  ...fields,
});
const text = (value: string) => ({ type: 'text', text: value });
const decode = (body: unknown) => decodeResponse(body, answerContext);
const choiceOf = (message: JsonObject, fields?: JsonObject) => decode(answer(message, fields)).choices[0]!;
const failureOf = (body: unknown): unknown => {
  try {
    return decode(body);
  } catch (error) {
    return (error as UpstreamFailureError).failure;
  }
};

describe('reading an answer of Cohere', () => {
  it('reads texts, thoughts, finish and usage', () => {
    const content = [{ type: 'thinking', thinking: 'Greet.' }, text('Hel'), text('lo')];
    const usage = {
      billed_units: { input_tokens: 4, output_tokens: 6 },
      tokens: { input_tokens: 10, output_tokens: 8, reasoning_tokens: 2, image_tokens: 5 },
      cached_tokens: 3,
    };
    expect(decode(answer({ content }, { usage }))).toEqual({
      id: 'chatcmpl-c14c80c3',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'model-under-test',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', reasoning_content: 'Greet.' },
          logprobs: null,
          finish_reason: 'stop',
          native_finish_reason: 'COMPLETE',
        },
      ],
      usage: {
        prompt_tokens: 15,
        completion_tokens: 8,
        total_tokens: 23,
        prompt_tokens_details: { cached_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 2 },
        billed_units: { input_tokens: 4, output_tokens: 6 },
        [BILLED_TOKENS]: { input: 4, output: 6 },
      },
    });
  });

  it('takes what was billed where nothing else was counted', () => {
    const usage = { billed_units: { input_tokens: 4, output_tokens: 6 } };
    expect(decode(answer({ content: [] }, { usage })).usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 6 });
    expect(decode(answer({ content: [] }, { usage: { billed_units: { search_units: 1 } } })).usage).toBeUndefined();
  });

  it('reads calls and the plan behind them', () => {
    const call = (fields: JsonObject) => ({ id: 'f_1', type: 'function', function: { name: 'f', ...fields } });
    const calls = [call({ arguments: '{"x":1}' }), { ...call({}), id: undefined }];
    const { message, finish_reason } = choiceOf(
      { tool_plan: 'I will call.', tool_calls: calls },
      { finish_reason: 'TOOL_CALL' },
    );
    expect(finish_reason).toBe('tool_calls');
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      reasoning_content: 'I will call.',
      tool_calls: [
        { id: 'f_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'call_fallback_1', type: 'function', function: { name: 'f', arguments: '{}' } },
      ],
    });
  });

  it.each([
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['ERROR_TOXIC', 'content_filter'],
    ['SOMETHING_NEW', 'stop'],
  ])('reads %s as %s', (native, finish) => {
    expect(choiceOf({ content: [text('a')] }, { finish_reason: native })).toMatchObject({
      finish_reason: finish,
      native_finish_reason: native,
    });
  });

  it('tells citations in places of the whole text, with an address where the source has one', () => {
    const sources = [
      { type: 'document', id: 'doc:0', document: { id: 'doc:0', title: 'facts.txt', text: 'x' } },
      { type: 'document', id: 'doc:1', document: { id: 'doc:1', title: 'Ruby', url: 'https://example.com/ruby' } },
      { type: 'tool', id: 'f_1:0', tool_output: { content: 'x' } },
    ];
    const citations = [
      // Cohere counts the waving hand as one character.
      { start: 2, end: 6, text: 'Ruby', sources, type: 'TEXT_CONTENT', content_index: 2 },
      { start: 0, end: 1, text: 'p', sources, type: 'PLAN' },
    ];
    const content = [{ type: 'thinking', thinking: 'hm' }, text('First. '), text('👋 Ruby')];
    const place = { start_index: 10, end_index: 14, content: 'Ruby' };
    expect(choiceOf({ content, citations }).message.annotations).toEqual([
      { type: 'file_citation', file_citation: { file_id: 'doc:0', filename: 'facts.txt', ...place } },
      { type: 'url_citation', url_citation: { url: 'https://example.com/ruby', title: 'Ruby', ...place } },
      { type: 'file_citation', file_citation: { file_id: 'f_1:0', filename: 'f_1:0', ...place } },
    ]);
  });

  it('tells log probabilities', () => {
    const logprobs = [
      { text: 'a', token_ids: [1], logprobs: [-1] },
      { text: 'é', token_ids: [2, 3], logprobs: [-1, -2] },
    ];
    expect(choiceOf({ content: [text('aé')] }, { logprobs }).logprobs).toEqual({
      content: [
        { token: 'a', logprob: -1, bytes: [97], top_logprobs: [] },
        { token: 'é', logprob: -3, bytes: [195, 169], top_logprobs: [] },
      ],
      refusal: null,
    });
  });

  it('fails on an answer that was not completed, an error inside a 200 and what is no answer', () => {
    expect(failureOf(answer({ content: [text('half')] }, { finish_reason: 'ERROR' }))).toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      upstream: { code: 'ERROR' },
    });
    expect(failureOf({ id: 'x', message: 'too many tokens: total number of tokens in the prompt' })).toMatchObject({
      code: 'context_length_exceeded',
    });
    for (const body of [null, 'text', [], {}]) expect(failureOf(body)).toMatchObject({ code: 'provider_bad_answer' });
  });
});
