import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ReasoningDetail } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeInput } from './input.ts';

function encode(...messages: unknown[]) {
  const losses: Loss[] = [];
  return { input: encodeInput(messages as ChatMessage[], losses), losses };
}

const call = (id: string) => ({ id, type: 'function', function: { name: `do_${id}`, arguments: '{"x":1}' } });
const called = (id: string) => ({ type: 'function_call', call_id: id, name: `do_${id}`, arguments: '{"x":1}' });
const state = (id: string, callId?: string): ReasoningDetail => ({
  type: 'reasoning.encrypted',
  data: `secret ${id}`,
  id,
  format: 'openai-responses-v1',
  ...(callId !== undefined && { tool_call_id: callId }),
});
const reasoning = (id: string, ...summary: string[]) => ({
  type: 'reasoning',
  id,
  summary: summary.map((text) => ({ type: 'summary_text', text })),
  encrypted_content: `secret ${id}`,
});

describe('encodeInput', () => {
  it('keeps instructions in their place and role', () => {
    const messages = ['system', 'user', 'developer'].map((role) => ({ role, content: role }));
    expect(encode(...messages).input).toEqual(messages.map((message) => ({ type: 'message', ...message })));
  });

  it('writes parts as input parts', () => {
    const content = [
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' } },
      { type: 'file', file: { file_data: 'https://a.example/a.pdf', filename: 'a.pdf' } },
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'input_text', text: 'native' },
    ];
    expect(encode({ role: 'user', content })).toEqual({
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'a' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' },
            { type: 'input_file', file_url: 'https://a.example/a.pdf' },
            { type: 'input_file', file_id: 'file-1' },
            { type: 'input_text', text: 'native' },
          ],
        },
      ],
      losses: [],
    });
  });

  it('refuses what has no form there, by its place', () => {
    const audio = { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } };
    const image = { type: 'image_url', image_url: { url: 'https://a.example/a.png' } };
    const { losses } = encode(
      {
        role: 'user',
        content: [{ type: 'text', text: 'a' }, audio, { type: 'video_url' }, { type: 'file', file: {} }],
      },
      { role: 'assistant', content: [image] },
      { role: 'function', name: 'f', content: 'x' },
      { role: 'tool', content: 'x' },
    );
    expect(losses.map(({ param, action }) => [param, action])).toEqual([
      ['messages.0.content.1', 'refused'],
      ['messages.0.content.2', 'refused'],
      ['messages.0.content.3', 'refused'],
      ['messages.1.content.0', 'refused'],
      ['messages.2', 'refused'],
      ['messages.3.tool_call_id', 'refused'],
    ]);
  });

  it('drops the names of messages aloud', () => {
    expect(encode({ role: 'user', name: 'ann', content: 'x' }).losses).toEqual([
      { param: 'messages.0.name', action: 'dropped', reason: 'messages have no names' },
    ]);
  });

  it('writes what the model said as its output, refusals too', () => {
    const refused = { role: 'assistant', content: null, refusal: 'No.' };
    expect(encode({ role: 'assistant', content: 'Yes.' }, refused).input).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Yes.' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
  });

  it('writes results as text where they are text, and as parts where they are more', () => {
    const texts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    const image = { type: 'image_url', image_url: { url: 'https://a.example/a.png' } };
    const results = ['plain', texts, [image]].map((content) => ({ role: 'tool', tool_call_id: 'c', content }));
    expect(encode(...results).input.map(({ output }) => output)).toEqual([
      'plain',
      'ab',
      [{ type: 'input_image', image_url: 'https://a.example/a.png' }],
    ]);
  });
});

describe('reasoning state', () => {
  it('becomes the same items again, each in its place', () => {
    const details: ReasoningDetail[] = [
      { type: 'reasoning.summary', summary: 'first', id: 'rs_1', format: 'openai-responses-v1' },
      { type: 'reasoning.summary', summary: 'second', id: 'rs_1', format: 'openai-responses-v1' },
      state('rs_1'),
      state('rs_2', 'b'),
    ];
    const turn = {
      role: 'assistant',
      content: 'Let me see.',
      reasoning_details: details,
      tool_calls: [call('a'), call('b')],
    };
    expect(encode(turn).input).toEqual([
      reasoning('rs_1', 'first', 'second'),
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }] },
      called('a'),
      reasoning('rs_2'),
      called('b'),
    ]);
  });

  it('leads the turn when its call is gone, and is left out when nothing follows', () => {
    const reasoning_details = [state('rs_1', 'gone')];
    expect(encode({ role: 'assistant', reasoning_details, tool_calls: [call('a')] }).input).toEqual([
      reasoning('rs_1'),
      called('a'),
    ]);
    expect(encode({ role: 'assistant', content: '', reasoning_details }).input).toEqual([]);
  });

  it('of other vendors, and what is no state, is left out', () => {
    const details: ReasoningDetail[] = [
      { type: 'reasoning.text', text: 'x', signature: 's', format: 'anthropic-claude-v1' },
      { type: 'reasoning.encrypted', data: 'x', id: 'a', format: 'google-gemini-v1' },
      { type: 'reasoning.summary', summary: 'alone', id: 'rs_9', format: 'openai-responses-v1' },
      { ...state('rs_1'), data: '' },
    ];
    expect(encode({ role: 'assistant', reasoning_details: details, tool_calls: [call('a')] }).input).toEqual([
      called('a'),
    ]);
  });
});
