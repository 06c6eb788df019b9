import { describe, expect, it } from '@jest/globals';
import type { ChatContentPart } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeContent } from './content.ts';

function encode(part: ChatContentPart | Record<string, unknown>) {
  const losses: Loss[] = [];
  const blocks = encodeContent({ role: 'user', content: [part as ChatContentPart] }, 'messages.0', losses);
  return { blocks, losses };
}

const PDF = 'JVBERi0xLjQK';

describe('encodeContent', () => {
  it.each([
    ['a text', { type: 'text', text: 'hi' }, { type: 'text', text: 'hi' }],
    ['a refusal', { type: 'refusal', refusal: 'no' }, { type: 'text', text: 'no' }],
    [
      'an image by address',
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'high' } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    ],
    [
      'an image as a data URL',
      { type: 'image_url', image_url: { url: 'data:image/PNG;base64,AAAA' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
    ],
    [
      'the wrong but common name of JPEG',
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,AAAA' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
    ],
    [
      'a PDF',
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF }, title: 'a.pdf' },
    ],
    [
      'a PDF as bare base64',
      { type: 'file', file: { file_data: PDF } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
    ],
    [
      'a file by address',
      { type: 'file', file: { file_data: 'https://example.com/a.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
    ],
    [
      'a plain text file',
      { type: 'file', file: { file_data: 'data:text/csv;charset=utf-8;base64,w6QsYg==' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'ä,b' } },
    ],
    [
      'an image sent as a file',
      { type: 'file', file: { filename: 'a.png', file_data: 'data:image/png;base64,AAAA' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
    ],
    [
      "a file that is in Anthropic's store",
      { type: 'file', file: { file_id: 'file_011' } },
      { type: 'document', source: { type: 'file', file_id: 'file_011' } },
    ],
    [
      'a native block, unchanged',
      { type: 'document', source: { type: 'text', data: 'x' }, citations: { enabled: true } },
      { type: 'document', source: { type: 'text', data: 'x' }, citations: { enabled: true } },
    ],
  ])('writes %s', (_name, part, block) => {
    expect(encode(part)).toEqual({ blocks: [block], losses: [] });
  });

  it('keeps the cache mark of a part', () => {
    const mark = { type: 'ephemeral', ttl: '1h' };
    expect(encode({ type: 'text', text: 'hi', cache_control: mark }).blocks).toEqual([
      { type: 'text', text: 'hi', cache_control: mark },
    ]);
  });

  it.each([
    ['audio', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
    ['an image type that is not read', { type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,AAAA' } }],
    ['an image that is not base64', { type: 'image_url', image_url: { url: 'data:image/png,AAAA' } }],
    ['a data URL without data', { type: 'image_url', image_url: { url: 'data:image/png;base64' } }],
    ["another vendor's file", { type: 'file', file: { file_id: 'file-abc' } }],
    ['an empty file', { type: 'file', file: {} }],
    ['a file type that is not read', { type: 'file', file: { file_data: 'data:application/zip;base64,AAAA' } }],
    ['file data in no known form', { type: 'file', file: { file_data: 'AAAA' } }],
    ['an unknown part', { type: 'video_url', video_url: { url: 'https://example.com' } }],
    ['a part without a type', { text: 'hi' }],
  ])('refuses %s and names the part', (_name, part) => {
    expect(encode(part)).toEqual({
      blocks: [],
      losses: [{ param: 'messages.0.content.0', action: 'refused', reason: expect.any(String) }],
    });
  });

  it('leaves blank texts out, which Anthropic refuses', () => {
    const losses: Loss[] = [];
    const blank = [
      { role: 'user', content: '' },
      { role: 'user', content: ' \n' },
      { role: 'user', content: null },
      { role: 'user' },
      { role: 'user', content: [{ type: 'text', text: '' }] },
      { role: 'assistant', content: [{ type: 'refusal', refusal: ' ' }] },
    ] as const;
    for (const message of blank) {
      expect(encodeContent(structuredClone(message) as Parameters<typeof encodeContent>[0], 'm', losses)).toEqual([]);
    }
    expect(losses).toEqual([]);
  });
});
