import { describe, expect, it } from '@jest/globals';
import type { ChatRequest, ChatTool } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { Turn } from './messages.ts';
import { encodeTools } from './tools.ts';

const look: ChatTool = { type: 'function', function: { name: 'look', description: 'Looks', parameters: {} } };
const send: ChatTool = { type: 'function', function: { name: 'send' } };

function encode(fields: Partial<ChatRequest>, capabilities: Target['capabilities'] = {}, turns: Turn[] = []) {
  const losses: Loss[] = [];
  const target = { provider: 'anthropic', upstreamModel: 'claude', capabilities, maxOutputTokens: null };
  return { ...encodeTools({ model: 'm', messages: [], ...fields }, target, turns, losses), losses };
}

describe('encodeTools', () => {
  it('writes tools with an object schema in every case, and keeps cache marks', () => {
    const marked: ChatTool = { ...send, cache_control: { type: 'ephemeral' } };
    expect(encode({ tools: [look, marked] })).toEqual({
      tools: [
        { name: 'look', description: 'Looks', input_schema: { type: 'object' } },
        { name: 'send', input_schema: { type: 'object', properties: {} }, cache_control: { type: 'ephemeral' } },
      ],
      losses: [],
    });
  });

  it('sends strict only when true, with the schema that strict tools take', () => {
    const parameters = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } };
    const strict: ChatTool = { type: 'function', function: { name: 'a', parameters, strict: true } };
    const loose: ChatTool = { type: 'function', function: { name: 'b', parameters, strict: false } };
    const { tools, losses } = encode({ tools: [strict, loose] });
    expect(tools).toMatchObject([
      {
        strict: true,
        input_schema: { additionalProperties: false, properties: { n: { description: '(minimum: 1)' } } },
      },
      { input_schema: parameters },
    ]);
    expect(tools?.[1]).not.toHaveProperty('strict');
    expect(losses).toMatchObject([{ param: 'tools.0.function.parameters', action: 'emulated' }]);
    expect(encode({ tools: [strict] }, { json_schema: false }).losses).toMatchObject([
      { param: 'tools.0.function.strict', action: 'dropped' },
    ]);
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'look' } },
      { type: 'tool', name: 'look' },
    ],
  ] as const)('writes the choice %j', (choice, expected) => {
    expect(encode({ tools: [look], tool_choice: choice }).tool_choice).toEqual(expected);
  });

  it('allows one call at a time through the choice object', () => {
    const one = (tool_choice?: 'none' | 'required') =>
      encode({ tools: [look], parallel_tool_calls: false, ...(tool_choice && { tool_choice }) }).tool_choice;
    expect(one()).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    expect(one('required')).toEqual({ type: 'any', disable_parallel_tool_use: true });
    expect(one('none')).toEqual({ type: 'none' });
    expect(encode({ parallel_tool_calls: false, tool_choice: 'auto' })).toEqual({ losses: [] });
  });

  it('filters tools by allowed_tools', () => {
    const allowed = { mode: 'required' as const, tools: [{ type: 'function', function: { name: 'send' } }] };
    expect(encode({ tools: [look, send], tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })).toEqual({
      tools: [{ name: 'send', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'any' },
      losses: [],
    });
  });

  it('passes native tools on and refuses foreign ones', () => {
    const native = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
    const foreign = { type: 'custom', custom: { name: 'x' } };
    const { tools, losses } = encode({ tools: [native, foreign] as unknown as ChatTool[] });
    expect(tools).toEqual([native]);
    expect(losses).toMatchObject([{ param: 'tools.1', action: 'refused' }]);
  });

  it('refuses tools for a model that is known to have none', () => {
    expect(encode({ tools: [look] }, { tools: false }).losses).toMatchObject([{ param: 'tools', action: 'refused' }]);
  });

  it('declares the tools of past calls when the request has none, for no more calls', () => {
    const block = { type: 'tool_use', id: 'a', name: 'look', input: {} };
    expect(encode({}, {}, [{ role: 'assistant', content: [block, { ...block, id: 'b' }] }])).toEqual({
      tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'none' },
      losses: [],
    });
  });
});
