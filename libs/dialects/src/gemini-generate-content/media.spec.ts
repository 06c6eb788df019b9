import { describe, expect, it } from '@jest/globals';
import type { ChatContentPart } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodePart } from './media.ts';

function encode(part: ChatContentPart): { part: unknown; losses: Loss[] } {
  const losses: Loss[] = [];
  return { part: encodePart(part, 'messages.0.content.0', losses), losses };
}

const image = (url: string): ChatContentPart => ({ type: 'image_url', image_url: { url } });

describe('encodePart', () => {
  it.each<[string, ChatContentPart, unknown]>([
    ['text', { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }, { text: 'hi' }],
    ['a refusal as text', { type: 'refusal', refusal: 'no' }, { text: 'no' }],
    [
      'an image in a data URL',
      image('data:image/png;base64,AAAA'),
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
    ],
    [
      'a data URL with parameters',
      image('data:image/png;name=a.png;base64,AA=='),
      { inlineData: { mimeType: 'image/png', data: 'AA==' } },
    ],
    [
      'an image at an address',
      image('https://a.example/cat.JPG?size=1'),
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://a.example/cat.JPG?size=1' } },
    ],
    [
      'an address that names no type',
      image('https://a.example/cat'),
      { fileData: { fileUri: 'https://a.example/cat' } },
    ],
    [
      'an object in Cloud Storage',
      image('gs://bucket/cat.webp'),
      { fileData: { mimeType: 'image/webp', fileUri: 'gs://bucket/cat.webp' } },
    ],
    [
      'sound',
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { inlineData: { mimeType: 'audio/mpeg', data: 'AAAA' } },
    ],
    [
      'sound of a kind we do not know',
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'constructor' } },
      { inlineData: { mimeType: 'audio/constructor', data: 'AAAA' } },
    ],
    [
      'a file in a data URL',
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
      { inlineData: { mimeType: 'application/pdf', data: 'AAAA' } },
    ],
    [
      'a file that Gemini keeps',
      { type: 'file', file: { file_id: 'https://generativelanguage.googleapis.com/v1beta/files/a1' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a1' } },
    ],
  ])('carries %s', (_name, part, expected) => {
    expect(encode(part)).toEqual({ part: expected, losses: [] });
  });

  it('leaves out an empty text, which Gemini refuses', () => {
    expect(encode({ type: 'text', text: '' })).toEqual({ part: undefined, losses: [] });
  });

  it.each<[string, ChatContentPart]>([
    ['a file id of another provider', { type: 'file', file: { file_id: 'file-abc' } }],
    ['a relative address', image('/cat.png')],
    ['a data URL that is not base64', image('data:text/plain,hello')],
    ['an unknown kind of part', { type: 'hologram' } as unknown as ChatContentPart],
  ])('refuses %s', (_name, part) => {
    const { part: encoded, losses } = encode(part);
    expect(encoded).toBeUndefined();
    expect(losses).toMatchObject([{ param: 'messages.0.content.0', action: 'refused' }]);
  });
});
