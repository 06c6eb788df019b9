import { describe, expect, it } from '@jest/globals';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { decodeResponse } from './response.ts';

const context: AnswerContext = {
  target: { provider: 'bedrock', upstreamModel: 'anthropic.claude-x', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1700,
};
const read = (content: unknown[], stopReason = 'end_turn') =>
  decodeResponse({ output: { message: { role: 'assistant', content } }, stopReason }, context).choices[0]!;

describe('a whole answer', () => {
  it('has the id and time that it was given, for Bedrock tells none', () => {
    const body = {
      output: { message: { content: [{ text: 'hi' }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 1 },
    };
    expect(decodeResponse(body, context)).toMatchObject({
      id: 'chatcmpl-fallback',
      created: 1700,
      model: 'anthropic.claude-x',
      usage: { prompt_tokens: 1 },
    });
  });

  it('gives text, reasoning with its state, calls and sources', () => {
    const citation = {
      title: 'T',
      location: { web: { url: 'https://a.example', domain: 'a.example' } },
      sourceContent: [{ text: 'c' }],
    };
    const { message, finish_reason: finish } = read(
      [
        { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
        { reasoningContent: { redactedContent: 'cmVk' } },
        { text: 'So ' },
        { citationsContent: { content: [{ text: 'it is' }], citations: [citation, { location: {} }] } },
        { toolUse: { toolUseId: 'a', name: 'f', input: { b: 1 } } },
        { toolUse: { toolUseId: 'b', name: 'own', input: {}, type: 'server_tool_use' } },
        { novelty: {} },
      ],
      'tool_use',
    );
    expect(message).toMatchObject({ content: 'So it is', reasoning_content: 'Hm' });
    expect(message.reasoning_details).toEqual([
      { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'cmVk', format: 'bedrock-converse-v1', index: 1 },
    ]);
    expect(message.tool_calls).toEqual([{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"b":1}' } }]);
    expect(message.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: { url: 'https://a.example', title: 'T', start_index: 3, end_index: 8, content: 'c' },
      },
    ]);
    expect(finish).toBe('tool_calls');
  });

  it.each([
    ['end_turn', [{ text: 'x' }], 'stop'],
    ['stop_sequence', [{ text: 'x' }], 'stop'],
    ['max_tokens', [], 'length'],
    ['model_context_window_exceeded', [], 'length'],
    ['guardrail_intervened', [], 'content_filter'],
    ['content_filtered', [], 'content_filter'],
    ['end_turn', [{ toolUse: { toolUseId: 'a', name: 'f' } }], 'tool_calls'],
    ['tool_use', [{ toolUse: { toolUseId: 'a', name: 'f', type: 'server_tool_use' } }], 'stop'],
    ['something_new', [], 'stop'],
  ])('that ended by %s with %j finishes as %s', (reason, content, finish) => {
    expect(read(content, reason)).toMatchObject({ finish_reason: finish, native_finish_reason: reason });
  });

  it.each(['malformed_model_output', 'malformed_tool_use'])('that ended by %s is none', (reason) => {
    expect(() => read([{ text: 'x' }], reason)).toThrow(UpstreamFailureError);
  });

  it.each([undefined, null, 'text', {}, { output: {} }, { message: 'error' }])('is not %j', (body) => {
    expect(() => decodeResponse(body, context)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'provider_bad_answer' }) }),
    );
  });

  it('may be the refusal of an operation, with status 200', () => {
    const body = { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' };
    expect(() => decodeResponse(body, context)).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({
          code: 'provider_refused_request',
          upstream: { status: null, code: 'UnknownOperationException', message: null },
        }),
      }),
    );
  });
});
