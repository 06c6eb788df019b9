import { describe, expect, it } from '@jest/globals';
import type { ChatMessage } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeMessages } from './messages.ts';

function encode(messages: ChatMessage[]) {
  const losses: Loss[] = [];
  return { ...encodeMessages(messages, losses), losses };
}

const text = (value: string) => ({ type: 'text', text: value });
const call = (id: string, args: string) => ({
  id,
  type: 'function' as const,
  function: { name: 'look', arguments: args },
});

describe('encodeMessages', () => {
  it('lifts system and developer messages to the top in order, late ones included', () => {
    const { system, turns, losses } = encode([
      { role: 'system', content: 'one' },
      { role: 'user', content: 'hi' },
      { role: 'developer', content: [{ type: 'text', text: 'two' }] },
      { role: 'user', content: 'there' },
    ]);
    expect(system).toEqual([text('one'), text('two')]);
    expect(turns).toEqual([{ role: 'user', content: [text('hi'), text('there')] }]);
    expect(losses).toEqual([]);
  });

  it('writes calls, and joins their results at the head of one user turn', () => {
    const { turns, losses } = encode([
      { role: 'user', content: 'go' },
      { role: 'assistant', content: 'looking', tool_calls: [call('a', '{"x":1}'), call('b', '')] },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      { role: 'user', content: 'and?' },
      { role: 'tool', tool_call_id: 'b', content: '' },
    ]);
    expect(turns.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          text('looking'),
          { type: 'tool_use', id: 'a', name: 'look', input: { x: 1 } },
          { type: 'tool_use', id: 'b', name: 'look', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [text('A')] },
          { type: 'tool_result', tool_use_id: 'b' },
          text('and?'),
        ],
      },
    ]);
    expect(losses).toEqual([]);
  });

  it('makes call ids of other vendors legal, the same way on both sides', () => {
    const { turns } = encode([
      { role: 'user', content: 'go' },
      { role: 'assistant', tool_calls: [call('functions.look:0', '{}')] },
      { role: 'tool', tool_call_id: 'functions.look:0', content: 'A', is_error: true },
    ]);
    expect(turns[1]?.content[0]).toMatchObject({ id: 'functions_look_0' });
    expect(turns[2]?.content[0]).toMatchObject({ tool_use_id: 'functions_look_0', is_error: true });
  });

  it('puts signed and redacted reasoning unchanged before everything else, and drops what is no state', () => {
    const { turns } = encode([
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: 'done',
        reasoning_content: 'not state',
        reasoning_details: [
          { type: 'reasoning.text', text: '', signature: 's1', format: 'anthropic-claude-v1', index: 0 },
          { type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1', index: 1 },
          { type: 'reasoning.text', text: 'unsigned', format: 'anthropic-claude-v1' },
          { type: 'reasoning.encrypted', data: 'other', format: 'google-gemini-v1' },
        ],
      },
    ]);
    expect(turns[1]?.content).toEqual([
      { type: 'thinking', thinking: '', signature: 's1' },
      { type: 'redacted_thinking', data: 'd' },
      text('done'),
    ]);
  });

  it.each(['{"x":', '[1]', '"text"', 'null'])('refuses arguments that are no JSON object: %s', (args) => {
    const { losses } = encode([
      { role: 'user', content: 'go' },
      { role: 'assistant', tool_calls: [call('a', args)] },
    ]);
    expect(losses).toEqual([
      { param: 'messages.1.tool_calls.0.function.arguments', action: 'refused', reason: expect.any(String) },
    ]);
  });

  it('refuses a result without its call, a function message and a system image', () => {
    const { losses } = encode([
      { role: 'user', content: 'go' },
      { role: 'tool', content: 'A' },
      { role: 'function', name: 'f', content: 'A' },
      { role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
    ]);
    expect(losses.filter((loss) => loss.action === 'refused').map((loss) => loss.param)).toEqual([
      'messages.1.tool_call_id',
      'messages.2',
      'messages.3',
    ]);
  });

  it('puts the cache mark of a message on its last block', () => {
    const mark = { type: 'ephemeral' };
    const { turns, system } = encode([
      { role: 'system', content: 'rules', cache_control: mark },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
        cache_control: mark,
      },
    ]);
    expect(system).toEqual([{ ...text('rules'), cache_control: mark }]);
    expect(turns[0]?.content).toEqual([text('a'), { ...text('b'), cache_control: mark }]);
  });

  it('drops empty messages and joins the turns around them', () => {
    const { turns } = encode([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '' },
      { role: 'user', content: 'b' },
    ]);
    expect(turns).toEqual([{ role: 'user', content: [text('a'), text('b')] }]);
  });

  it('drops an assistant message that is nothing but reasoning', () => {
    const detail = { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1' } as const;
    const { turns } = encode([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: null, reasoning_details: [detail] },
    ]);
    expect(turns).toEqual([{ role: 'user', content: [text('a')] }]);
  });

  it('joins more parts than a function takes arguments', () => {
    const parts = Array.from({ length: 200_000 }, () => ({ type: 'text' as const, text: 'a' }));
    const many: ChatMessage = { role: 'user', content: parts };
    expect(encode([many, many]).turns[0]?.content).toHaveLength(400_000);
    expect(encode([{ role: 'system', content: parts }]).turns[0]?.content).toHaveLength(200_000);
  });

  it('sends a lone system prompt as the user turn that Anthropic needs', () => {
    expect(encode([{ role: 'system', content: 'say hi' }])).toEqual({
      system: [],
      turns: [{ role: 'user', content: [text('say hi')] }],
      losses: [{ param: 'messages', action: 'emulated', reason: expect.any(String) }],
    });
  });

  it('refuses a conversation without any content', () => {
    expect(encode([{ role: 'user', content: '' }]).losses).toMatchObject([{ param: 'messages', action: 'refused' }]);
  });

  it('puts a user turn before an assistant that speaks first', () => {
    const { turns, losses } = encode([
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(turns.map((turn) => turn.role)).toEqual(['user', 'assistant', 'user']);
    expect(losses).toMatchObject([{ param: 'messages', action: 'emulated' }]);
  });

  it('trims the end of an answer that the model shall continue', () => {
    const { turns } = encode([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'The answer is ' },
    ]);
    expect(turns[1]?.content).toEqual([text('The answer is')]);
  });

  it('reports participant names as dropped', () => {
    expect(encode([{ role: 'user', name: 'Ann', content: 'a' }]).losses).toMatchObject([
      { param: 'messages.0.name', action: 'dropped' },
    ]);
  });
});
