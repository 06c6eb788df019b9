import { describe, expect, it } from '@jest/globals';
import type { ChatMessage } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeMessages } from './messages.ts';

const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';

function encode(messages: unknown[], upstreamModel = CLAUDE) {
  const losses: Loss[] = [];
  const { system, turns } = encodeMessages(messages as ChatMessage[], upstreamModel, losses);
  return { system, turns, losses: losses.map(({ param, action }) => `${param} ${action}`) };
}

const user = (...content: unknown[]) => ({ role: 'user', content });
const text = (words: string, fields: object = {}) => ({ type: 'text', text: words, ...fields });
const call = (id: string, given = '{}') => ({ id, type: 'function', function: { name: 'f', arguments: given } });
const mark = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl && { ttl }) } });

describe('a conversation', () => {
  it('is split into the system prompt and turns, neighbours joined and blanks left out', () => {
    const messages = [
      { role: 'system', content: 'Be kind' },
      { role: 'user', content: 'a' },
      user(text(' '), text('b')),
      { role: 'developer', content: 'Be brief' },
      { role: 'assistant', content: 'c', name: 'bot' },
    ];
    expect(encode(messages)).toEqual({
      system: [{ text: 'Be kind' }, { text: 'Be brief' }],
      turns: [
        { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
        { role: 'assistant', content: [{ text: 'c' }] },
      ],
      losses: ['messages.4.name dropped'],
    });
  });

  it('starts with a user, and has one', () => {
    expect(encode([{ role: 'assistant', content: 'a ' }])).toMatchObject({
      turns: [{ role: 'user' }, { role: 'assistant', content: [{ text: 'a' }] }],
      losses: ['messages emulated'],
    });
    expect(encode([{ role: 'system', content: 'a' }])).toEqual({
      system: [],
      turns: [{ role: 'user', content: [{ text: 'a' }] }],
      losses: ['messages emulated'],
    });
    expect(encode([{ role: 'user', content: '' }]).losses).toEqual(['messages refused']);
  });

  it('carries calls and results, the results first, under ids that Bedrock takes', () => {
    const long = `call ${'x'.repeat(80)}`;
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b', tool_calls: [call('functions.f:0', '{"c":1}'), call(long)] },
      { role: 'user', content: 'and?' },
      { role: 'tool', tool_call_id: 'functions.f:0', content: 'd', is_error: true },
      { role: 'tool', tool_call_id: long, content: '' },
    ];
    const { turns, losses } = encode(messages);
    expect(turns.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { text: 'b' },
          { toolUse: { toolUseId: 'functions.f:0', name: 'f', input: { c: 1 } } },
          { toolUse: { toolUseId: 'x'.repeat(64), name: 'f', input: {} } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'functions.f:0', content: [{ text: 'd' }], status: 'error' } },
          { toolResult: { toolUseId: 'x'.repeat(64), content: [] } },
          { text: 'and?' },
        ],
      },
    ]);
    expect(losses).toEqual([]);
  });

  it.each([
    [{ role: 'assistant', tool_calls: [call('a', 'no JSON')] }, 'messages.1.tool_calls.0.function.arguments refused'],
    [{ role: 'assistant', tool_calls: [call('a', '[]')] }, 'messages.1.tool_calls.0.function.arguments refused'],
    [{ role: 'tool', content: 'x' }, 'messages.1.tool_call_id refused'],
    [{ role: 'function', name: 'f', content: 'x' }, 'messages.1 refused'],
    [user({ type: 'input_audio', input_audio: { data: '', format: 'wav' } }), 'messages.1.content.0 refused'],
    [user({ type: 'novelty' }), 'messages.1.content.0 refused'],
  ])('cannot hold %j', (message, loss) => {
    expect(encode([{ role: 'user', content: 'a' }, message]).losses).toContain(loss);
  });

  it('holds text alone in the system prompt', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } };
    expect(encode([{ role: 'system', content: [image] }, user(text('a'))]).losses).toEqual(['messages.0 refused']);
  });
});

describe('reasoning state', () => {
  const signed = { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1' };
  const sealed = { type: 'reasoning.encrypted', data: 'cmVk', format: 'bedrock-converse-v1' };
  const unsigned = { type: 'reasoning.text', text: 'Hm', format: 'bedrock-converse-v1' };
  const foreign = { type: 'reasoning.encrypted', data: 'x', format: 'google-gemini-v1' };
  const turn = { role: 'assistant', content: 'b', reasoning_details: [signed, sealed, unsigned, foreign] };

  it('goes back unchanged and first; words without a seal and other vendors’ state stay away', () => {
    expect(encode([user(text('a')), turn]).turns[1]?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
      { reasoningContent: { redactedContent: 'cmVk' } },
      { text: 'b' },
    ]);
  });

  it('of Claude does not reach other makers’ models', () => {
    expect(encode([user(text('a')), turn], NOVA).turns[1]?.content[0]).toEqual({
      reasoningContent: { redactedContent: 'cmVk' },
    });
  });

  it('alone makes no turn', () => {
    expect(encode([user(text('a')), { ...turn, content: null }]).turns).toHaveLength(1);
  });
});

describe('marks for the cache', () => {
  it('become points behind what they mark', () => {
    const messages = [
      { role: 'system', content: [text('s', mark('1h'))] },
      { role: 'user', content: 'a', ...mark() },
      { role: 'tool', tool_call_id: 'x', content: [text('r', mark())] },
    ];
    const point = { cachePoint: { type: 'default' } };
    expect(encode(messages)).toMatchObject({
      system: [{ text: 's' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      turns: [{ content: [{ toolResult: { content: [{ text: 'r' }] } }, { text: 'a' }, point, point] }],
    });
  });

  it('are left out where the model refuses them, and lose what it does not know of', () => {
    expect(encode([user(text('a', mark()))], LLAMA)).toEqual({
      system: [],
      turns: [{ role: 'user', content: [{ text: 'a' }] }],
      losses: ['messages.0.content.0.cache_control dropped'],
    });
    expect(encode([user(text('a', mark('1h')))], NOVA).turns[0]?.content[1]).toEqual({
      cachePoint: { type: 'default' },
    });
  });
});

describe('images and documents', () => {
  const blocksOf = (...parts: unknown[]) => encode([user(text('see'), ...parts)]).turns[0]!.content.slice(1);
  const image = (url: string) => ({ type: 'image_url', image_url: { url } });
  const file = (file_data: string, filename?: string) => ({
    type: 'file',
    file: { file_data, ...(filename && { filename }) },
  });

  it('are sent with their bytes, or their place in S3', () => {
    expect(blocksOf(image('data:image/jpg;base64,aGk='), image('s3://bucket/a.PNG'))).toEqual([
      { image: { format: 'jpeg', source: { bytes: 'aGk=' } } },
      { image: { format: 'png', source: { s3Location: { uri: 's3://bucket/a.PNG' } } } },
    ]);
    expect(blocksOf(file('JVBERi0x', 'Q3 report_final.v2.pdf'), file('data:text/csv;base64,YQ=='))).toEqual([
      { document: { format: 'pdf', name: 'Q3 report final v2', source: { bytes: 'JVBERi0x' } } },
      { document: { format: 'csv', name: 'document', source: { bytes: 'YQ==' } } },
    ]);
    expect(blocksOf(file('data:image/webp;base64,YQ=='))).toEqual([
      { image: { format: 'webp', source: { bytes: 'YQ==' } } },
    ]);
  });

  it('pass in Bedrock’s own form', () => {
    const video = { format: 'mp4', source: { s3Location: { uri: 's3://b/c' } } };
    expect(blocksOf({ type: 'video', video })).toEqual([{ video }]);
  });

  it('never share a name, and never come without a word', () => {
    const document = file('JVBERi0x', 'a.pdf');
    const { turns } = encode([user(document), { role: 'assistant', content: 'ok' }, user(document)]);
    expect(turns.map(({ content }) => content)).toEqual([
      [{ document: expect.objectContaining({ name: 'a' }) }, { text: expect.any(String) }],
      [{ text: 'ok' }],
      [{ document: expect.objectContaining({ name: 'a (2)' }) }, { text: expect.any(String) }],
    ]);
  });

  it.each([
    image('https://a.example/b.png'),
    image('data:image/png,plain'),
    image('data:image/tiff;base64,aGk='),
    file('data:application/zip;base64,aGk='),
    file('plain'),
    { type: 'file', file: { file_id: 'file_1' } },
  ])('cannot be %j', (part) => {
    expect(encode([user(text('see'), part)]).losses).toEqual(['messages.0.content.1 refused']);
  });
});
