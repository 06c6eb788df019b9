import { describe, expect, it } from '@jest/globals';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { decodeResponse } from './response.ts';

const context: AnswerContext = {
  target: { provider: 'anthropic', upstreamModel: 'claude-x', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1700,
};

function decode(content: unknown[], fields: Record<string, unknown> = {}) {
  const body = { type: 'message', id: 'msg_1', model: 'claude-x-1', stop_reason: 'end_turn', content, ...fields };
  return decodeResponse(body, context);
}

describe('decodeResponse', () => {
  it('gives a hub answer with text and usage', () => {
    const content = [
      { type: 'text', text: 'Hello ' },
      { type: 'text', text: 'there' },
    ];
    expect(decode(content, { usage: { input_tokens: 1, output_tokens: 2 } })).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1700,
      model: 'claude-x-1',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello there', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
          native_finish_reason: 'end_turn',
        },
      ],
      usage: expect.objectContaining({ prompt_tokens: 1, completion_tokens: 2 }),
    });
  });

  it('gives tool calls with their arguments as JSON, and null for text that is not there', () => {
    const content = [
      { type: 'tool_use', id: 'a', name: 'look', input: { x: [1] } },
      { type: 'tool_use', id: 'b', name: 'stop' },
    ];
    const [choice] = decode(content, { stop_reason: 'tool_use' }).choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'look', arguments: '{"x":[1]}' } },
        { id: 'b', type: 'function', function: { name: 'stop', arguments: '{}' } },
      ],
    });
  });

  it('gives reasoning as text and as state, in order', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm. ', signature: 's1' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'thinking', thinking: 'Yes.', signature: 's2' },
      { type: 'text', text: '4' },
    ];
    expect(decode(content).choices[0]?.message).toMatchObject({
      content: '4',
      reasoning_content: 'Hm. Yes.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm. ', signature: 's1', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1', index: 1 },
        { type: 'reasoning.text', text: 'Yes.', signature: 's2', format: 'anthropic-claude-v1', index: 2 },
      ],
    });
  });

  it("keeps the provider's own tools to itself and cites what they found", () => {
    const content = [
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'text', text: 'It is ' },
      { type: 'text', text: 'four', citations: [{ url: 'https://example.com', title: 'E' }] },
      { type: 'a_block_of_tomorrow' },
    ];
    const [choice] = decode(content).choices;
    expect(choice?.finish_reason).toBe('stop');
    expect(choice?.message).toEqual({
      role: 'assistant',
      content: 'It is four',
      refusal: null,
      annotations: [
        {
          type: 'url_citation',
          url_citation: { url: 'https://example.com', title: 'E', start_index: 6, end_index: 10 },
        },
      ],
    });
  });

  it('gives the explanation of a refusal', () => {
    const [choice] = decode([], { stop_reason: 'refusal', stop_details: { explanation: 'No.' } }).choices;
    expect(choice).toMatchObject({ finish_reason: 'content_filter', message: { content: null, refusal: 'No.' } });
  });

  it('makes up nothing but the identity that it is given', () => {
    const answer = decodeResponse({ content: [] }, context);
    expect(answer).toMatchObject({ id: 'chatcmpl-fallback', model: 'claude-x', created: 1700 });
    expect(answer.choices[0]?.message.content).toBe('');
    expect(answer).not.toHaveProperty('usage');
  });

  it.each([
    [{ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'provider_unavailable'],
    [{ error: { message: 'words' } }, 'provider_bad_answer'],
    [{ type: 'message', content: 'text' }, 'provider_bad_answer'],
    [{ choices: [] }, 'provider_bad_answer'],
    ['<html>', 'provider_bad_answer'],
    [undefined, 'provider_bad_answer'],
    [[], 'provider_bad_answer'],
  ])('throws for %j', (body, code) => {
    expect(() => decodeResponse(body, context)).toThrow(UpstreamFailureError);
    expect(() => decodeResponse(body, context)).toThrow(code);
  });
});
