import { describe, expect, it } from '@jest/globals';
import type { ChatResponseFormat } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { encodeFormat } from './format.ts';

function encode(format: ChatResponseFormat | null, capabilities: Target['capabilities'] = {}) {
  const losses: Loss[] = [];
  const target = { provider: 'anthropic', upstreamModel: 'claude', capabilities, maxOutputTokens: null };
  return { ...encodeFormat({ model: 'm', messages: [], response_format: format }, target, losses), losses };
}

const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
const wanted: ChatResponseFormat = { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } };
const loss = { param: 'response_format', action: 'emulated', reason: expect.any(String) };

describe('encodeFormat', () => {
  it('sends a JSON schema natively', () => {
    expect(encode(wanted)).toEqual({ format: { type: 'json_schema', schema }, losses: [] });
  });

  it('puts the schema into an instruction for a model that has no structured outputs', () => {
    const { format, instruction, losses } = encode(wanted, { json_schema: false });
    expect(format).toBeUndefined();
    expect(instruction).toContain(JSON.stringify(schema));
    expect(losses).toEqual([loss]);
  });

  it.each([{ type: 'json_object' }, { type: 'json_schema', json_schema: { name: 'x' } }] as const)(
    'asks for any JSON object by an instruction: %j',
    (format) => {
      expect(encode(format)).toEqual({ instruction: expect.stringContaining('JSON object'), losses: [loss] });
    },
  );

  it.each([null, { type: 'text' } as const])('asks nothing for %j', (format) => {
    expect(encode(format)).toEqual({ losses: [] });
  });
});
