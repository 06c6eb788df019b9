import { describe, expect, it } from '@jest/globals';
import { findMembers } from '../json-members.ts';
import { openGeminiCountDoor } from './door-count.ts';

const target = { provider: 'google', upstreamModel: 'up', capabilities: {}, maxOutputTokens: null };
const { decodeRequest, editRequest } = openGeminiCountDoor('m');

const edit = (text: string): string => {
  const [bytes, body] = [Buffer.from(text), JSON.parse(text) as unknown];
  return editRequest(
    { bytes, members: findMembers(bytes), body, request: decodeRequest(body) },
    target,
  ).bytes.toString();
};

describe('a count of tokens in Gemini’s words', () => {
  const contents = '[{"parts":[{"text":"Hi"}]}]';

  it('names the model that is asked, where Google wants it named', () => {
    const whole = edit(`{"generateContentRequest":{"model":"models/alias","contents":${contents}}}`);
    expect(JSON.parse(whole)).toEqual({
      generateContentRequest: { model: 'models/up', contents: JSON.parse(contents) as unknown },
    });
  });

  it('is the very bytes that came, where the path alone names the model', () => {
    const bare = `{ "contents" : ${contents} }`;
    expect(edit(bare)).toBe(bare);
  });

  it.each([
    ['contents', {}],
    ['body', []],
    ['generateContentRequest', { generateContentRequest: 'Hi' }],
    ['contents', { generateContentRequest: {}, contents: [] }],
  ])('says that %s is wrong in %j', (param, body) => {
    expect(() => decodeRequest(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ param }) }),
    );
  });
});
