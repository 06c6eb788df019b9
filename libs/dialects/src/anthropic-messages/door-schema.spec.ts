import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { packDetails } from './door-reasoning.ts';
import { decodeRequest } from './door-request.ts';

const ask = (fields: object = {}) => ({
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
  ...fields,
});
const conversation = (...messages: object[]) => ask({ messages });
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } };
const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' };

function refusal(body: unknown): unknown {
  try {
    decodeRequest(body);
  } catch (error) {
    if (error instanceof GatewayError) return [error.code, error.details.param];
    throw error;
  }
  return 'taken';
}

describe('a bad request of an Anthropic client', () => {
  it.each<[string, unknown, string]>([
    ['no object', [], 'body'],
    ['no model', { ...ask(), model: undefined }, 'model'],
    ['no max_tokens', { ...ask(), max_tokens: undefined }, 'max_tokens'],
    ['a negative max_tokens', ask({ max_tokens: -1 }), 'max_tokens'],
    ['no messages', { ...ask(), messages: undefined }, 'messages'],
    ['empty messages', ask({ messages: [] }), 'messages'],
    ['an unknown role', conversation({ role: 'tool', content: 'Hi' }), 'messages.0.role'],
    ['no content', conversation({ role: 'user' }), 'messages.0.content'],
    ['a text that is none', conversation({ role: 'user', content: [{ type: 'text' }] }), 'messages.0.content.0.text'],
    [
      'an image without a source',
      conversation({ role: 'user', content: [{ type: 'image' }] }),
      'messages.0.content.0.source',
    ],
    [
      'a call without input',
      conversation({ role: 'assistant', content: [{ ...CALL, input: undefined }] }),
      'messages.0.content.0.input',
    ],
    [
      'a result that nobody asked for',
      conversation({ role: 'user', content: [RESULT] }),
      'messages.0.content.0.tool_use_id',
    ],
    ['a tool without a schema', ask({ tools: [{ name: 'f' }] }), 'tools.0.input_schema'],
    ['a choice without a name', ask({ tool_choice: { type: 'tool' } }), 'tool_choice.name'],
    ['a system prompt that is no text', ask({ system: 5 }), 'system'],
    ['a field of the hub', ask({ response_format: { type: 'json_object' } }), 'response_format'],
    ['a temperature that is a text', ask({ temperature: '1' }), 'temperature'],
    ['a call in a message of the user', conversation({ role: 'user', content: [CALL] }), 'messages.0.content.0.type'],
    [
      'a result in a message of the assistant',
      conversation({ role: 'assistant', content: [CALL, RESULT] }),
      'messages.0.content.1.type',
    ],
    ['two calls of one id', conversation({ role: 'assistant', content: [CALL, CALL] }), 'messages.0.content.1.id'],
    [
      'two results of one call',
      conversation({ role: 'assistant', content: [CALL] }, { role: 'user', content: [RESULT, RESULT] }),
      'messages.1.content.1.tool_use_id',
    ],
    [
      'a mark of an error that is a text',
      conversation({ role: 'assistant', content: [CALL] }, { role: 'user', content: [{ ...RESULT, is_error: 'no' }] }),
      'messages.1.content.0.is_error',
    ],
    [
      'a part of the hub',
      conversation({ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }] }),
      'messages.0.content.0.type',
    ],
    ['a tool of the hub', ask({ tools: [{ type: 'function', function: { name: 'f' } }] }), 'tools.0.type'],
    [
      'a document without its text',
      conversation({ role: 'user', content: [{ type: 'document', source: { type: 'text' } }] }),
      'messages.0.content.0.source.data',
    ],
    [
      'a document without its content',
      conversation({ role: 'user', content: [{ type: 'document', source: { type: 'content' } }] }),
      'messages.0.content.0.source.content',
    ],
    [
      'an image among its instructions',
      conversation({ role: 'system', content: [{ type: 'image', source: { type: 'url', url: 'https://a' } }] }),
      'messages.0.content.0.type',
    ],
    ['thinking without its budget', ask({ thinking: { type: 'enabled' } }), 'thinking.budget_tokens'],
    [
      'a switch that is a text',
      ask({ tool_choice: { type: 'auto', disable_parallel_tool_use: 'yes' } }),
      'tool_choice.disable_parallel_tool_use',
    ],
  ])('with %s is refused, naming the field', (_name, body, param) => {
    expect(refusal(body)).toEqual(['invalid_request', param]);
  });

  it('with reasoning that is not what was given is refused', () => {
    const data = `${packDetails([]).slice(0, -1)}!!`;
    const content = [{ type: 'redacted_thinking', data }];
    expect(refusal(conversation({ role: 'assistant', content }))).toEqual([
      'invalid_request',
      'messages.0.content.0.data',
    ]);
  });
});
