import { describe, expect, it } from '@jest/globals';
import type { DialectId } from '@parley/contracts';
import fc from 'fast-check';
import { endpointOf, modelListEndpoint } from './endpoint.ts';

const none = { style: 'bearer', secret: undefined } as const;

describe('where a call goes', () => {
  it.each<[dialect: DialectId, baseUrl: string, whole: string, stream: string]>([
    [
      'openai-chat',
      'https://a.example/v1',
      'https://a.example/v1/chat/completions',
      'https://a.example/v1/chat/completions',
    ],
    ['openai-chat', 'https://a.example', 'https://a.example/chat/completions', 'https://a.example/chat/completions'],
    [
      'openai-chat',
      'http://a.example:8080/x/v1//',
      'http://a.example:8080/x/v1/chat/completions',
      'http://a.example:8080/x/v1/chat/completions',
    ],
    ['anthropic-messages', 'https://a.example', 'https://a.example/v1/messages', 'https://a.example/v1/messages'],
    ['anthropic-messages', 'https://a.example/v1/', 'https://a.example/v1/messages', 'https://a.example/v1/messages'],
    [
      'anthropic-messages',
      'https://a.example/claude/v1',
      'https://a.example/claude/v1/messages',
      'https://a.example/claude/v1/messages',
    ],
    [
      'gemini-generate-content',
      'https://a.example',
      'https://a.example/v1beta/models/m:generateContent',
      'https://a.example/v1beta/models/m:streamGenerateContent?alt=sse',
    ],
    [
      'gemini-generate-content',
      'https://a.example/v1beta',
      'https://a.example/v1beta/models/m:generateContent',
      'https://a.example/v1beta/models/m:streamGenerateContent?alt=sse',
    ],
  ])('%s at %s', (dialect, baseUrl, whole, stream) => {
    const { origin, wholePath, streamPath } = endpointOf(dialect, baseUrl, 'm', none);
    expect([origin + wholePath, origin + streamPath]).toEqual([whole, stream]);
  });

  it('stays in its folder, whatever the name of the model', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '/', ':', '.', '?', '#', '%', ' ', '\r\n', '@', 'ж', '\\') }),
        (model) => {
          const { origin, wholePath } = endpointOf('gemini-generate-content', 'https://a.example', `m${model}`, none);
          const url = new URL(origin + wholePath);
          expect([url.host, url.search, url.hash]).toEqual(['a.example', '', '']);
          expect(url.pathname).toMatch(/^\/v1beta\/models\/[^/]+:generateContent$/);
          expect(decodeURIComponent(url.pathname)).toBe(`/v1beta/models/m${model}:generateContent`);
        },
      ),
    );
  });

  it('carries the credential as the vendor wants it, and none where there is none', () => {
    const headersFor = (style: 'bearer' | 'x-api-key' | 'x-goog-api-key', secret: string | undefined) =>
      endpointOf('openai-chat', 'https://a.example', 'm', { style, secret }).headers;
    const plain = { 'content-type': 'application/json', 'user-agent': 'parley' };
    expect(headersFor('bearer', 's')).toEqual({ ...plain, authorization: 'Bearer s' });
    expect(headersFor('x-api-key', 's')).toEqual({ ...plain, 'x-api-key': 's' });
    expect(headersFor('x-goog-api-key', 's')).toEqual({ ...plain, 'x-goog-api-key': 's' });
    expect(headersFor('x-api-key', undefined)).toEqual(plain);
  });

  it('asks for the models of a vendor beside its calls', () => {
    const listOf = (dialect: DialectId, baseUrl: string): string => {
      const { origin, path } = modelListEndpoint(dialect, baseUrl, none);
      return origin + path;
    };
    expect(listOf('openai-chat', 'https://a.example/v1')).toBe('https://a.example/v1/models');
    expect(listOf('anthropic-messages', 'https://a.example/v1')).toBe('https://a.example/v1/models?limit=1000');
    expect(listOf('gemini-generate-content', 'https://a.example/v1beta')).toBe(
      'https://a.example/v1beta/models?pageSize=1000',
    );
    expect(
      modelListEndpoint('anthropic-messages', 'https://a.example', { style: 'x-api-key', secret: 's' }).headers,
    ).toMatchObject({ 'x-api-key': 's', 'anthropic-version': '2023-06-01' });
  });
});
