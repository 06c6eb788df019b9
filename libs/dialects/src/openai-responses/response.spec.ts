import { describe, expect, it } from '@jest/globals';
import { UpstreamFailureError } from '../dialect.ts';
import { decodeResponse } from './response.ts';
import { context } from './stream.testing.ts';

const text = (words: string, annotations: unknown[] = []) => ({ type: 'output_text', text: words, annotations });
const message = (...content: unknown[]) => ({ type: 'message', role: 'assistant', content });
const thought = (id: string, ...summary: string[]) => ({
  type: 'reasoning',
  id,
  summary: summary.map((words) => ({ type: 'summary_text', text: words })),
  encrypted_content: `secret ${id}`,
});
const call = (id: string) => ({ type: 'function_call', id: `fc_${id}`, call_id: id, name: 'f', arguments: '{"x":1}' });

const respond = (output: unknown[], fields: object = {}) => ({
  id: 'resp_1',
  created_at: 1700.9,
  model: 'gpt-x-1',
  status: 'completed',
  error: null,
  incomplete_details: null,
  output,
  ...fields,
});
const decode = (output: unknown[], fields: object = {}) => decodeResponse(respond(output, fields), context);

function failureOf(body: unknown) {
  try {
    decodeResponse(body, context);
  } catch (error) {
    if (error instanceof UpstreamFailureError) return error.failure;
  }
  throw new Error('it was read as an answer');
}

describe('decodeResponse', () => {
  it('reads a plain answer', () => {
    const usage = { input_tokens: 5, output_tokens: 2, total_tokens: 7 };
    expect(decode([message(text('Hello'))], { usage })).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1700,
      model: 'gpt-x-1',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
          native_finish_reason: 'completed',
        },
      ],
      usage: {
        prompt_tokens: 5,
        completion_tokens: 2,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  it('mends what an answer lacks', () => {
    expect(decodeResponse({ output: [message(text('x'))] }, context)).toMatchObject({
      id: 'chatcmpl-fallback',
      created: 1,
      model: 'gpt',
      choices: [{ finish_reason: 'stop' }],
    });
  });

  it('reads calls, and gives those without arguments an empty object', () => {
    const { choices } = decode([call('a'), { ...call('b'), arguments: '' }]);
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
          { id: 'b', type: 'function', function: { name: 'f', arguments: '{}' } },
        ],
      },
    });
  });

  it('reads refusals, log probabilities and several parts', () => {
    const logprobs = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }];
    const [choice] = decode([
      message({ ...text('a'), logprobs }, text('b')),
      message({ type: 'refusal', refusal: 'No.' }),
    ]).choices;
    expect(choice).toMatchObject({ message: { content: 'ab', refusal: 'No.' }, logprobs: { content: logprobs } });
  });

  it('places citations in the whole text, and leaves those of files out', () => {
    const citation = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 1, end_index: 3 };
    const placeless = { type: 'url_citation', url: 'https://b.example' };
    const file = { type: 'file_citation', file_id: 'file-1', filename: 'a.pdf', index: 2 };
    const { choices } = decode([message(text('12345'), text('6789', [citation, file, placeless]))]);
    expect(choices[0]?.message.annotations).toEqual([
      { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A', start_index: 6, end_index: 8 } },
      { type: 'url_citation', url_citation: { url: 'https://b.example', title: '', start_index: 5, end_index: 5 } },
    ]);
  });

  it('gives reasoning out as text, and as state that knows its place', () => {
    const readable = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'aloud' }] };
    const { message: read } = decode([
      thought('rs_1', 'one', 'two'),
      message(text('Hm.')),
      thought('rs_2'),
      readable,
      call('a'),
    ]).choices[0]!;
    expect(read.reasoning_content).toBe('one\n\ntwo\n\naloud');
    const format = 'openai-responses-v1';
    expect(read.reasoning_details).toEqual([
      { type: 'reasoning.summary', summary: 'one', id: 'rs_1', format, index: 0 },
      { type: 'reasoning.summary', summary: 'two', id: 'rs_1', format, index: 1 },
      { type: 'reasoning.encrypted', data: 'secret rs_1', id: 'rs_1', format, index: 2 },
      { type: 'reasoning.encrypted', data: 'secret rs_2', id: 'rs_2', format, tool_call_id: 'a', index: 3 },
    ]);
  });

  it('keeps no state that could not be sent back: before a hosted tool, and at the end', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' };
    const { message: read } = decode([thought('rs_1'), search, message(text('Found.')), thought('rs_2')]).choices[0]!;
    expect(read).toEqual({ role: 'assistant', content: 'Found.', refusal: null });
  });

  it.each([
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length', 'max_output_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'content_filter', 'content_filter'],
    [{ status: 'incomplete', incomplete_details: null }, 'length', 'incomplete'],
    [{ status: 'completed' }, 'tool_calls', 'completed'],
  ])('%j finishes with %s', (fields, finish, native) => {
    const [choice] = decode([call('a')], fields).choices;
    expect([choice?.finish_reason, choice?.['native_finish_reason']]).toEqual([finish, native]);
  });

  it.each<[what: string, body: unknown, code: string]>([
    [
      'a failed response',
      respond([], { status: 'failed', error: { code: 'server_error', message: 'x' } }),
      'provider_unavailable',
    ],
    ['an error without a response', { error: { code: 'rate_limit_exceeded', message: 'x' } }, 'provider_rate_limited'],
    ['a cancelled response', respond([], { status: 'cancelled' }), 'upstream_incomplete'],
    ['a response that still runs', respond([], { status: 'in_progress' }), 'provider_bad_answer'],
    ['a body of chat', { choices: [] }, 'provider_bad_answer'],
    ['a list', [], 'provider_bad_answer'],
  ])('%s is a failure', (_what, body, code) => {
    expect(failureOf(body).code).toBe(code);
  });
});
