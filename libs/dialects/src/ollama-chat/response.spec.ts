import { describe, expect, it } from '@jest/globals';
import { UpstreamFailureError } from '../dialect.ts';
import { answerContext } from '../fold.testing.ts';
import type { JsonObject } from '../json-values.ts';
import { decodeResponse } from './response.ts';

const answer = (message: JsonObject, fields: JsonObject = {}): JsonObject => ({
  model: 'qwen3:8b',
  created_at: '2026-08-07T06:08:11.017589Z',
  message: { role: 'assistant', content: '', ...message },
  done: true,
  done_reason: 'stop',
  ...fields,
});
const decode = (body: unknown) => decodeResponse(body, answerContext);
const failureOf = (body: unknown): unknown => {
  try {
    return decode(body);
  } catch (error) {
    return (error as UpstreamFailureError).failure;
  }
};

describe('reading an answer of Ollama', () => {
  it('reads text, thought, finish and usage', () => {
    const counts = { prompt_eval_count: 11, eval_count: 12 };
    expect(decode(answer({ content: 'Hello', thinking: 'Greet.' }, counts))).toEqual({
      id: 'chatcmpl-fallback',
      object: 'chat.completion',
      created: 1_786_082_891,
      model: 'qwen3:8b',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', reasoning_content: 'Greet.' },
          logprobs: null,
          finish_reason: 'stop',
          native_finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 11, completion_tokens: 12, total_tokens: 23 },
    });
  });

  it('calls it tool_calls where tools are called, gives missing or repeated ids anew, and arguments as text', () => {
    const call = (fields: JsonObject, args: unknown) => ({
      ...fields,
      function: { index: 0, name: 'f', arguments: args },
    });
    const calls = [call({ id: 'call_a' }, { x: 1 }), call({ id: 'call_a' }, {}), call({}, null)];
    const { message, finish_reason } = decode(answer({ tool_calls: calls })).choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    expect(message.tool_calls).toEqual([
      { id: 'call_a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'call_fallback_1', type: 'function', function: { name: 'f', arguments: '{}' } },
      { id: 'call_fallback_2', type: 'function', function: { name: 'f', arguments: '{}' } },
    ]);
  });

  it('tells a cut answer, and keeps to its own time and name where the server says none', () => {
    const body = answer({ content: 'cut' }, { done_reason: 'length', created_at: 'soon', model: '' });
    expect(decode(body)).toMatchObject({
      created: answerContext.created,
      model: 'model-under-test',
      choices: [{ finish_reason: 'length' }],
    });
  });

  it('claims no usage where the prompt was not counted, and takes a missing answer count for none', () => {
    expect(decode(answer({ content: 'a' }, { eval_count: 5 })).usage).toBeUndefined();
    expect(decode(answer({}, { prompt_eval_count: 5 })).usage).toMatchObject({ completion_tokens: 0, total_tokens: 5 });
  });

  it('passes log probabilities on', () => {
    const logprobs = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2 }] }];
    expect(decode(answer({ content: 'a' }, { logprobs })).choices[0]!.logprobs).toEqual({
      content: logprobs,
      refusal: null,
    });
  });

  it('fails on an error inside a 200 and on what is no answer', () => {
    expect(failureOf({ error: 'the runner stopped' })).toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      upstream: { message: 'the runner stopped' },
    });
    for (const body of [null, 'text', [], {}, { message: 'text' }]) {
      expect(failureOf(body)).toMatchObject({ code: 'provider_bad_answer' });
    }
  });
});
