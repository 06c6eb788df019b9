import { describe, expect, it } from '@jest/globals';
import type { ChatRequest, ChatTool, ChatToolChoice } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeTools } from './tools.ts';

const weather: ChatTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Tells the weather',
    parameters: { $schema: 'x', type: 'object', properties: { city: { $ref: '#/$defs/city' } } },
  },
};

function encode(fields: Partial<ChatRequest>): { body: unknown; losses: Loss[] } {
  const losses: Loss[] = [];
  return { body: encodeTools({ model: 'm', messages: [], ...fields }, losses), losses };
}

describe('encodeTools', () => {
  it('declares functions with standard JSON Schema', () => {
    expect(encode({ tools: [weather, { type: 'function', function: { name: 'ping', parameters: {} } }] })).toEqual({
      body: {
        tools: [
          {
            functionDeclarations: [
              {
                name: 'weather',
                description: 'Tells the weather',
                parametersJsonSchema: { type: 'object', properties: { city: { $ref: '#/$defs/city' } } },
              },
              { name: 'ping' },
            ],
          },
        ],
      },
      losses: [],
    });
  });

  it.each<[string, ChatToolChoice, unknown]>([
    ['auto', 'auto', { mode: 'AUTO' }],
    ['none', 'none', { mode: 'NONE' }],
    ['required', 'required', { mode: 'ANY' }],
    [
      'one function',
      { type: 'function', function: { name: 'weather' } },
      { mode: 'ANY', allowedFunctionNames: ['weather'] },
    ],
    [
      'some functions, one required',
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'weather' } }, 'odd'] },
      },
      { mode: 'ANY', allowedFunctionNames: ['weather'] },
    ],
    [
      'some functions, if any',
      { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ function: { name: 'weather' } }] } },
      { mode: 'VALIDATED', allowedFunctionNames: ['weather'] },
    ],
  ])('carries the choice: %s', (_name, tool_choice, functionCallingConfig) => {
    expect(encode({ tools: [weather], tool_choice }).body).toMatchObject({ toolConfig: { functionCallingConfig } });
  });

  it('sends no choice without tools', () => {
    expect(encode({ tools: [], tool_choice: 'auto' })).toEqual({ body: {}, losses: [] });
  });

  it('refuses what is no function and says that strict is not carried', () => {
    const search = { type: 'web_search' } as unknown as ChatTool;
    const strict: ChatTool = { type: 'function', function: { name: 'ping', strict: true } };
    const odd = { type: 'custom', custom: { name: 'x' } } as unknown as ChatToolChoice;
    expect(encode({ tools: [search, strict], tool_choice: odd }).losses).toMatchObject([
      { param: 'tools.0', action: 'refused' },
      { param: 'tools.1.function.strict', action: 'dropped' },
      { param: 'tool_choice', action: 'refused' },
    ]);
  });
});
