import { describe, expect, it } from '@jest/globals';
import type { Capabilities, ChatMessage, ReasoningDetail } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeContents } from './contents.ts';
import { synthesiseToolCallId } from './tool-call-id.ts';

function encode(messages: ChatMessage[], capabilities: Capabilities = {}): { body: unknown; losses: Loss[] } {
  const losses: Loss[] = [];
  const target = { provider: 'google', upstreamModel: 'm', capabilities, maxOutputTokens: null };
  return { body: encodeContents(messages, target, losses), losses };
}

const call = (id: string, name: string, args = '{}') => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
});
const signature = (data: string, id?: string): ReasoningDetail => ({
  type: 'reasoning.encrypted',
  data,
  ...(id !== undefined && { id }),
  format: 'google-gemini-v1',
});

describe('encodeContents', () => {
  it('says which results are errors', () => {
    const failed: ChatMessage = { role: 'tool', tool_call_id: 'c', content: '{"code":1}', is_error: true };
    const { body } = encode([{ role: 'assistant', content: null, tool_calls: [call('c', 'f')] }, failed]);
    expect(body).toMatchObject({
      contents: [{}, { parts: [{ functionResponse: { name: 'f', response: { error: '{"code":1}' } } }] }],
    });
  });

  it('gathers instructions in order, joins turns of one role and leaves out empty ones', () => {
    const { body, losses } = encode([
      { role: 'system', content: 'One.' },
      { role: 'user', content: 'Hi' },
      { role: 'user', content: [{ type: 'text', text: 'there' }] },
      { role: 'assistant', content: '' },
      { role: 'assistant', content: 'Hello', refusal: 'but no' },
      { role: 'developer', content: 'Two.' },
      { role: 'user', content: 'Bye' },
    ]);
    expect(losses).toEqual([]);
    expect(body).toEqual({
      systemInstruction: { parts: [{ text: 'One.' }, { text: 'Two.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }, { text: 'there' }] },
        { role: 'model', parts: [{ text: 'Hello' }, { text: 'but no' }] },
        { role: 'user', parts: [{ text: 'Bye' }] },
      ],
    });
  });

  it('asks with the instructions when there is nothing else', () => {
    const { body, losses } = encode([{ role: 'system', content: 'Say hi.' }]);
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Say hi.' }] }] });
    expect(losses).toMatchObject([{ param: 'messages', action: 'emulated' }]);
  });

  it('answers calls in their order, in one turn, with what the tools showed after the results', () => {
    const { body } = encode([
      { role: 'assistant', tool_calls: [call('one', 'first', '{"a":1}'), call('two', 'second', '')] },
      { role: 'tool', tool_call_id: 'two', content: '[1,2]' },
      {
        role: 'tool',
        tool_call_id: 'one',
        content: [
          { type: 'text', text: '{"ok":true}' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      { role: 'user', content: 'And?' },
    ]);
    expect(body).toEqual({
      contents: [
        {
          role: 'model',
          parts: [
            { functionCall: { id: 'one', name: 'first', args: { a: 1 } } },
            { functionCall: { id: 'two', name: 'second', args: {} } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'one', name: 'first', response: { ok: true } } },
            { functionResponse: { id: 'two', name: 'second', response: { result: '[1,2]' } } },
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
            { text: 'And?' },
          ],
        },
      ],
    });
  });

  it('takes the latest call of an id that is used in every turn', () => {
    const { body } = encode([
      { role: 'assistant', tool_calls: [call('call_0', 'first')] },
      { role: 'tool', tool_call_id: 'call_0', content: 'a' },
      { role: 'assistant', tool_calls: [call('call_0', 'second')] },
      { role: 'tool', tool_call_id: 'call_0', content: '' },
    ]);
    expect(body).toMatchObject({
      contents: [
        {},
        { parts: [{ functionResponse: { name: 'first', response: { result: 'a' } } }] },
        {},
        { parts: [{ functionResponse: { name: 'second', response: { result: '' } } }] },
      ],
    });
  });

  it('keeps ids that we made ourselves from Gemini, on the call and on the result', () => {
    const id = synthesiseToolCallId('x', 0, 0);
    expect(
      encode([
        { role: 'assistant', tool_calls: [call(id, 'first')] },
        { role: 'tool', tool_call_id: id, content: 'a' },
      ]).body,
    ).toEqual({
      contents: [
        { role: 'model', parts: [{ functionCall: { name: 'first', args: {} } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'first', response: { result: 'a' } } }] },
      ],
    });
  });

  it('refuses a result without a call, the older function role and an unknown one', () => {
    const stranger = { role: 'stranger', content: 'x' } as unknown as ChatMessage;
    const older: ChatMessage = { role: 'function', name: 'first', content: 'a' };
    expect(
      encode([{ role: 'tool', tool_call_id: 'nobody', content: 'x' }, { role: 'tool' }, older, stranger]).losses,
    ).toMatchObject([
      { param: 'messages.0.tool_call_id', action: 'refused' },
      { param: 'messages.1.tool_call_id', action: 'refused' },
      { param: 'messages.2', action: 'refused' },
      { param: 'messages.3.role', action: 'refused' },
    ]);
  });

  it('sends arguments that are no object as text and says so', () => {
    const { body, losses } = encode([{ role: 'assistant', tool_calls: [call('one', 'first', '{"cut')] }]);
    expect(body).toMatchObject({ contents: [{ parts: [{ functionCall: { args: { arguments: '{"cut' } } }] }] });
    expect(losses).toMatchObject([{ param: 'messages.0.tool_calls.0.function.arguments', action: 'emulated' }]);
  });

  it('says that instructions can only be text', () => {
    const image = { type: 'image_url' as const, image_url: { url: 'https://a.example/a.png' } };
    const { losses } = encode([{ role: 'system', content: [image, { type: 'text', text: 'x' }] }]);
    expect(losses).toContainEqual(expect.objectContaining({ param: 'messages.0.content', action: 'dropped' }));
  });

  it('shows an image model its own images', () => {
    const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }];
    expect(encode([{ role: 'assistant', content: null, images }]).body).toEqual({
      contents: [{ role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }],
    });
  });
});

describe('thought signatures', () => {
  it('go back unchanged on the call or the text that they came with', () => {
    const { body, losses } = encode([
      {
        role: 'assistant',
        content: 'Let me see.',
        reasoning_content: 'not sent back',
        reasoning_details: [signature('text+/=='), signature('call+/==', 'one')],
        tool_calls: [call('one', 'first'), call('two', 'second')],
      },
    ]);
    expect(losses).toEqual([]);
    expect(body).toEqual({
      contents: [
        {
          role: 'model',
          parts: [
            { text: 'Let me see.', thoughtSignature: 'text+/==' },
            { functionCall: { id: 'one', name: 'first', args: {} }, thoughtSignature: 'call+/==' },
            { functionCall: { id: 'two', name: 'second', args: {} } },
          ],
        },
      ],
    });
  });

  it('go on an empty text where the turn has none', () => {
    expect(encode([{ role: 'assistant', content: null, reasoning_details: [signature('s')] }]).body).toEqual({
      contents: [{ role: 'model', parts: [{ text: '', thoughtSignature: 's' }] }],
    });
  });

  it('are never taken from another format', () => {
    const foreign: ReasoningDetail = { type: 'reasoning.encrypted', data: 'x', format: 'anthropic-claude-v1' };
    expect(encode([{ role: 'assistant', content: 'a', reasoning_details: [foreign] }]).body).toEqual({
      contents: [{ role: 'model', parts: [{ text: 'a' }] }],
    });
  });

  it('are reported when a text has more than one', () => {
    const { body, losses } = encode([
      { role: 'assistant', content: 'a', reasoning_details: [signature('first'), signature('last')] },
    ]);
    expect(body).toMatchObject({ contents: [{ parts: [{ thoughtSignature: 'last' }] }] });
    expect(losses).toMatchObject([{ param: 'messages.0.reasoning_details', action: 'dropped' }]);
  });

  it('are stood in for on calls of other models, only where Gemini 3 would refuse them', () => {
    const messages: ChatMessage[] = [{ role: 'assistant', tool_calls: [call('one', 'first'), call('two', 'second')] }];
    const { body, losses } = encode(messages, { reasoning: 'effort' });
    expect(body).toMatchObject({
      contents: [
        { parts: [{ thoughtSignature: 'skip_thought_signature_validator' }, { functionCall: { id: 'two' } }] },
      ],
    });
    expect(JSON.stringify(body).split('skip_thought').length).toBe(2);
    expect(losses).toMatchObject([{ action: 'emulated' }]);
    expect(JSON.stringify(encode(messages, { reasoning: 'budget' }).body)).not.toContain('thoughtSignature');
    expect(JSON.stringify(encode(messages).body)).not.toContain('thoughtSignature');
  });
});
