import { describe, expect, it } from '@jest/globals';
import type { ChatAnswerMessage, ChatCompletion, ReasoningDetail } from '@parley/contracts';
import fc from 'fast-check';
import type { AnswerContext } from '../dialect.ts';
import { packDetails } from './door-reasoning.ts';
import { decodeRequest } from './door-request.ts';
import { encodeResponse } from './door-response.ts';
import { decodeResponse } from './response.ts';

const context: AnswerContext = {
  target: { provider: 'anthropic', upstreamModel: 'm', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};
const answer = (message: Partial<ChatAnswerMessage>, fields: object = {}): ChatCompletion => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: null, ...message }, ...fields }],
});
const call = (id: string, args: string) => ({
  id,
  type: 'function' as const,
  function: { name: 'f', arguments: args },
});

/** The next request of a client that puts the answer into the conversation as it is. */
const sendBack = (completion: ChatCompletion) =>
  decodeRequest({
    model: 'm',
    max_tokens: 1,
    messages: [{ role: 'assistant', content: encodeResponse(completion)['content'] }],
  }).messages[0];

describe('an answer for an Anthropic client', () => {
  it('is a message', () => {
    const usage = {
      prompt_tokens: 11,
      completion_tokens: 7,
      total_tokens: 18,
      prompt_tokens_details: { cached_tokens: 4 },
    };
    expect(encodeResponse({ ...answer({ content: 'Hello' }), usage })).toEqual({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Hello' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 7 },
    });
  });

  it.each([
    ['stop', undefined, 'end_turn'],
    ['stop', 'stop_sequence', 'stop_sequence'],
    ['stop', 'STOP', 'end_turn'],
    ['length', undefined, 'max_tokens'],
    ['length', 'stop_sequence', 'max_tokens'],
    ['tool_calls', undefined, 'tool_use'],
    ['content_filter', 'SAFETY', 'refusal'],
  ])('that ended with %s (%s) says %s', (finish, native, expected) => {
    const fields = { finish_reason: finish, native_finish_reason: native };
    expect(encodeResponse(answer({ content: 'x' }, fields))).toMatchObject({ stop_reason: expected });
  });

  it('that is a refusal shows what was said', () => {
    expect(encodeResponse(answer({ refusal: 'I will not.' }))).toMatchObject({
      content: [{ type: 'text', text: 'I will not.' }],
      stop_reason: 'refusal',
    });
  });

  it.each([
    ['', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":', { arguments: '{"a":' }],
    ['[1]', { arguments: '[1]' }],
  ])('has the arguments %j as an object', (args, input) => {
    expect(encodeResponse(answer({ tool_calls: [call('c1', args)] }))['content']).toEqual([
      { type: 'tool_use', id: 'c1', name: 'f', input },
    ]);
  });

  it('reads back as what it was', () => {
    const details: ReasoningDetail[] = [
      { type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'data', format: 'anthropic-claude-v1', index: 1 },
    ];
    const usage = fc
      .record({
        fresh: fc.nat(1000),
        read: fc.nat(1000),
        written: fc.nat(1000),
        hour: fc.nat(1000),
        out: fc.nat(1000),
      })
      .map(({ fresh, read, written, hour, out }) => ({
        prompt_tokens: fresh + read + written,
        completion_tokens: out,
        total_tokens: fresh + read + written + out,
        prompt_tokens_details: {
          cached_tokens: read,
          cache_write_tokens: written,
          cache_write_1h_tokens: Math.min(hour, written),
        },
        completion_tokens_details: { reasoning_tokens: Math.min(out, 5) },
      }));
    const message = fc.record({
      text: fc.string({ minLength: 1, unit: 'grapheme' }),
      thinks: fc.boolean(),
      inputs: fc.array(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
          fc.string(),
        ),
        {
          maxLength: 3,
        },
      ),
    });
    fc.assert(
      fc.property(message, usage, ({ text, thinks, inputs }, counted) => {
        const calls = inputs.map((input, index) => call(`c${index}`, JSON.stringify(input)));
        const finish = { finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' };
        const completion = {
          ...answer(
            {
              content: text,
              refusal: null,
              ...(thinks && { reasoning_content: 'hm', reasoning_details: details }),
              ...(calls.length > 0 && { tool_calls: calls }),
            },
            { ...finish, logprobs: null },
          ),
          usage: counted,
        };
        const read = decodeResponse(JSON.parse(JSON.stringify(encodeResponse(completion))), context);
        const [choice] = read.choices;
        delete choice!['native_finish_reason'];
        expect({ ...read, id: completion.id }).toEqual(completion);
      }),
    );
  });
});

describe('reasoning state', () => {
  const FOREIGN: [string, ReasoningDetail[]][] = [
    ['Gemini', [{ type: 'reasoning.encrypted', data: 'c2ln', id: 'c1', format: 'google-gemini-v1' }]],
    [
      'OpenAI',
      [
        { type: 'reasoning.summary', summary: 'First ünd last', id: 'rs_1', format: 'openai-responses-v1' },
        { type: 'reasoning.encrypted', data: 'x', id: 'rs_1', tool_call_id: 'c1', format: 'openai-responses-v1' },
      ],
    ],
    ['Bedrock', [{ type: 'reasoning.encrypted', data: 'YQ==', format: 'bedrock-converse-v1', index: 0 }]],
  ];

  it.each(FOREIGN)('of %s comes back unchanged through a tool loop, with a thought and without', (_name, details) => {
    for (const thought of ['Let me think.', undefined]) {
      const message = {
        content: 'Wait.',
        reasoning_details: details,
        tool_calls: [call('c1', '{}')],
        ...(thought !== undefined && { reasoning_content: thought }),
      };
      expect(sendBack(answer(message))).toEqual({ role: 'assistant', ...message });
    }
  });

  it('of Claude is its own blocks', () => {
    const details: ReasoningDetail[] = [
      { type: 'reasoning.text', text: 'a', signature: 's1', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1', index: 1 },
      { type: 'reasoning.text', text: 'b', signature: 's2', format: 'anthropic-claude-v1', index: 2 },
    ];
    const completion = answer({ content: 'x', reasoning_content: 'ab', reasoning_details: details });
    expect(encodeResponse(completion)['content']).toEqual([
      { type: 'thinking', thinking: 'a', signature: 's1' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'thinking', thinking: 'b', signature: 's2' },
      { type: 'text', text: 'x' },
    ]);
    expect(sendBack(completion)).toMatchObject({ reasoning_content: 'ab', reasoning_details: details });
  });

  it('that there is none of is signed too, for clients that send no unsigned thought back', () => {
    const completion = answer({ content: 'x', reasoning_content: 'hm' });
    const thought = { type: 'thinking', thinking: 'hm', signature: packDetails([]) };
    expect(encodeResponse(completion)['content']).toContainEqual(thought);
    expect(sendBack(completion)).toEqual({ role: 'assistant', content: 'x', reasoning_content: 'hm' });
  });
});
