import { describe, expect, it } from '@jest/globals';
import { decodeRequest } from './door-request.ts';
import { paramsOf } from './door-params.ts';

const CALL = { type: 'tool_use', id: 'a', name: 'f', input: {} };
const IMAGE = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } };
const NOTE = { type: 'document', title: 'Note', source: { type: 'text', data: 'words' } };
const BODY = {
  model: 'm',
  max_tokens: 10,
  tools: [
    { name: 'hidden', input_schema: {}, defer_loading: true },
    { name: 'f', input_schema: {} },
  ],
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: a' },
    { type: 'text', text: 'Be brief.' },
  ],
  messages: [
    { role: 'user', content: [NOTE, IMAGE] },
    { role: 'system', content: 'Be kind.' },
    { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: '' }, CALL, { ...CALL, id: 'b' }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'x' }, IMAGE] },
        { type: 'text', text: 'And?' },
        { type: 'tool_result', tool_use_id: 'a' },
      ],
    },
  ],
};

describe('a field of the hub, for an Anthropic client', () => {
  it.each([
    ['messages.0.content.0', 'system.1'],
    ['messages.0.content.1', 'messages.1.content'],
    ['messages.1.content.1', 'messages.0.content.0'],
    ['messages.1.content.2', 'messages.0.content.1'],
    ['messages.2.tool_calls.1.function.arguments', 'messages.2.content.2'],
    ['messages.2.reasoning_details', 'messages.2'],
    ['messages.3.content.1', 'messages.3.content.0.content.1'],
    ['messages.4.tool_call_id', 'messages.3.content.2'],
    ['messages.5.content', 'messages.3'],
    ['messages.9', 'messages'],
    ['messages', 'messages'],
    ['tools.0.function.strict', 'tools.1.strict'],
    ['tools.0.function.parameters.a', 'tools.1.input_schema.a'],
    ['tools.0', 'tools.1'],
    ['stop', 'stop_sequences'],
    ['reasoning_effort', 'thinking'],
    ['top_k', 'top_k'],
  ])('%s is %s', (param, expected) => {
    expect(decodeRequest(BODY).messages).toHaveLength(6);
    expect(paramsOf(BODY)(param)).toBe(expected);
  });

  it('is the effort where the client named one', () => {
    expect(paramsOf({ ...BODY, output_config: { effort: 'low' } })('reasoning_effort')).toBe('output_config.effort');
  });
});
