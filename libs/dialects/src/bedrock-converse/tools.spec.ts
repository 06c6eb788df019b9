import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { Turn } from './messages.ts';
import { encodeTools } from './tools.ts';

const said: Turn = { role: 'user', content: [{ text: 'a' }] };
const called: Turn = { role: 'assistant', content: [{ toolUse: { toolUseId: 'x', name: 'past', input: {} } }] };
const tool = (name: string, fields: object = {}) => ({ type: 'function', function: { name, ...fields } });
const CLAUDE = 'anthropic.claude-x';

type Options = { turns?: Turn[]; thinks?: boolean; upstreamModel?: string; capabilities?: Target['capabilities'] };

function encode(
  fields: object,
  { turns = [said], thinks = false, upstreamModel = CLAUDE, capabilities = {} }: Options = {},
) {
  const losses: Loss[] = [];
  const target = { provider: 'bedrock', upstreamModel, capabilities, maxOutputTokens: null };
  const request = { model: 'm', messages: [], ...fields } as ChatRequest;
  return {
    ...encodeTools(request, target, turns, thinks, losses),
    losses: losses.map(({ param, action }) => `${param} ${action}`),
  };
}

const spec = (name: string) => ({ toolSpec: { name, inputSchema: { json: { type: 'object', properties: {} } } } });

describe('tools', () => {
  it('are written as specifications, with a cache point behind a mark', () => {
    const parameters = { properties: { a: {} } };
    const marked = { ...tool('f', { description: 'D', parameters }), cache_control: { type: 'ephemeral' } };
    const toolSpec = { name: 'f', description: 'D', inputSchema: { json: { type: 'object', ...parameters } } };
    expect(encode({ tools: [marked, tool('g')] })).toEqual({
      toolConfig: { tools: [{ toolSpec }, { cachePoint: { type: 'default' } }, spec('g')] },
      losses: [],
    });
    expect(encode({ tools: [marked] }, { upstreamModel: 'amazon.nova-lite-v1:0' }).losses).toEqual([
      'tools.0.cache_control dropped',
    ]);
  });

  it('are strict only where the model is known to be', () => {
    const tools = [tool('f', { strict: true })];
    expect(encode({ tools }, { capabilities: { json_schema: true } }).toolConfig).toMatchObject({
      tools: [{ toolSpec: { strict: true, inputSchema: { json: { additionalProperties: false } } } }],
    });
    expect(encode({ tools }).losses).toEqual(['tools.0.function.strict dropped']);
  });

  it('may be Bedrock’s own, and no other vendor’s', () => {
    const own = { type: 'system_tool', systemTool: { name: 'nova_grounding' } };
    expect(encode({ tools: [own] }).toolConfig).toEqual({ tools: [{ systemTool: { name: 'nova_grounding' } }] });
    expect(encode({ tools: [{ type: 'web_search' }] }).losses).toEqual(['tools.0 refused']);
  });

  it('are refused for a model that is known to call none', () => {
    expect(encode({ tools: [tool('f')] }, { capabilities: { tools: false } }).losses).toEqual(['tools refused']);
  });
});

describe('the choice among tools', () => {
  const tools = [tool('f'), tool('g')];
  const allow = (mode: string) => ({ type: 'allowed_tools', allowed_tools: { mode, tools: [tool('g')] } });

  it.each([
    ['auto', undefined],
    ['required', { any: {} }],
    [{ type: 'function', function: { name: 'g' } }, { tool: { name: 'g' } }],
  ])('%j is %j', (choice, expected) => {
    const { toolConfig, losses } = encode({ tools, tool_choice: choice });
    expect(toolConfig?.['toolChoice']).toEqual(expected);
    expect(losses).toEqual([]);
  });

  it('among some leaves the others out', () => {
    expect(encode({ tools, tool_choice: allow('required') }).toolConfig).toEqual({
      tools: [spec('g')],
      toolChoice: { any: {} },
    });
    expect(encode({ tools, tool_choice: allow('auto') }).toolConfig).toEqual({ tools: [spec('g')] });
  });

  it('of none leaves all of them out', () => {
    expect(encode({ tools, tool_choice: 'none' })).toEqual({ losses: ['tool_choice emulated'] });
  });

  it('of none is asked for in words where past calls need their tools', () => {
    expect(encode({ tools, tool_choice: 'none' }, { turns: [said, called] })).toEqual({
      toolConfig: { tools: [spec('f'), spec('g')] },
      instruction: expect.stringContaining('Do not call'),
      losses: ['tool_choice emulated'],
    });
  });

  it('is not forced while Claude thinks', () => {
    const { toolConfig, losses } = encode({ tools, tool_choice: 'required' }, { thinks: true });
    expect(toolConfig).not.toHaveProperty('toolChoice');
    expect(losses).toEqual(['tool_choice dropped']);
  });
});

describe('past calls without tools', () => {
  it('get stand-ins, for Bedrock insists on them', () => {
    expect(encode({}, { turns: [said, called, called] })).toEqual({
      toolConfig: { tools: [spec('past')] },
      instruction: expect.stringContaining('Do not call'),
      losses: [],
    });
    expect(encode({})).toEqual({ losses: [] });
  });
});

describe('one call at a time', () => {
  const fields = { tools: [tool('f')], parallel_tool_calls: false };

  it('is told to Claude in its own words', () => {
    expect(encode(fields)).toMatchObject({
      fields: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      losses: [],
    });
  });

  it('is lost beside a forced call, and on other models', () => {
    expect(encode({ ...fields, tool_choice: 'required' }).losses).toEqual(['parallel_tool_calls dropped']);
    expect(encode(fields, { upstreamModel: 'amazon.nova-lite-v1:0' }).losses).toEqual(['parallel_tool_calls dropped']);
    expect(encode({ parallel_tool_calls: false }).losses).toEqual([]);
  });
});
