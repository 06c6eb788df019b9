import { describe, expect, it } from '@jest/globals';
import type { ConnectionOptions, DialectId } from '@parley/contracts';
import fc from 'fast-check';
import { openaiChat } from '@parley/dialects';
import type { HeaderAuth } from './auth/authorize.ts';
import type { Deployment } from './deployment.ts';
import { embeddingsPathOf, endpointOf, modelListEndpoint } from './endpoint.ts';
import { embeddingsFormatFor } from './known-capabilities.ts';
import type { Provider } from './provider.ts';
import { findProvider } from './registry.ts';

const plain: Provider = {
  id: 'plain',
  name: 'Plain',
  dialects: [openaiChat],
  baseUrl: null,
  auth: 'bearer',
  needsCredential: false,
};
const at = (baseUrl: string) => ({ baseUrl, options: {} });

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
    const { origin, wholePath, streamPath } = endpointOf(plain, dialect, at(baseUrl), 'm', undefined);
    expect([origin + wholePath, origin + streamPath]).toEqual([whole, stream]);
  });

  it('stays in its folder, whatever the name of the model', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '/', ':', '.', '?', '#', '%', ' ', '\r\n', '@', 'ж', '\\') }),
        (model) => {
          const { origin, wholePath } = endpointOf(
            plain,
            'gemini-generate-content',
            at('https://a.example'),
            `m${model}`,
            undefined,
          );
          const url = new URL(origin + wholePath);
          expect([url.host, url.search, url.hash]).toEqual(['a.example', '', '']);
          expect(url.pathname).toMatch(/^\/v1beta\/models\/[^/]+:generateContent$/);
          expect(decodeURIComponent(url.pathname)).toBe(`/v1beta/models/m${model}:generateContent`);
        },
      ),
    );
  });

  it('carries the credential as the vendor wants it, and none where there is none', () => {
    const headersFor = (auth: HeaderAuth, secret?: string) => {
      const credential = secret === undefined ? undefined : { id: 'c', secret };
      return endpointOf({ ...plain, auth }, 'openai-chat', at('https://a.example'), 'm', credential).headers;
    };
    const bare = { 'content-type': 'application/json', 'user-agent': 'parley' };
    expect(headersFor('bearer', 's')).toEqual({ ...bare, authorization: 'Bearer s' });
    expect(headersFor('x-api-key', 's')).toEqual({ ...bare, 'x-api-key': 's' });
    expect(headersFor('x-goog-api-key', 's')).toEqual({ ...bare, 'x-goog-api-key': 's' });
    expect(headersFor('api-key', 's')).toEqual({ ...bare, 'api-key': 's' });
    expect(headersFor('x-api-key')).toEqual(bare);
  });

  it('goes where the vendor says, with its headers, and is authorized in its way', async () => {
    const vendor: Provider = {
      ...plain,
      paths: (_dialect, model, { options }) => ({ whole: `/d/${model}/a?v=${options.api_version}`, stream: '/s' }),
      headers: ({ options }) => ({ 'x-app': options.app_name ?? '' }),
      auth: (account, secret) => (call) => ({ signature: `${secret?.text} ${account.baseUrl} ${call.path}` }),
    };
    const account = { baseUrl: 'https://a.example/x/', options: { api_version: '2', app_name: 'app' } };
    const endpoint = endpointOf(vendor, 'openai-chat', account, 'a/b', { id: 'c', secret: 's' });
    expect(endpoint).toMatchObject({ wholePath: '/x/d/a%2Fb/a?v=2', streamPath: '/x/s', headers: { 'x-app': 'app' } });
    expect(endpoint.headers).not.toHaveProperty('authorization');
    const call = { method: 'POST', origin: endpoint.origin, path: '/p', headers: {}, body: '' } as const;
    expect(await endpoint.authorize!(call, new AbortController().signal)).toEqual({
      signature: 's https://a.example/x/ /p',
    });
  });

  it('asks for the models of a vendor beside its calls', () => {
    const listOf = (id: string, baseUrl: string): string => {
      const { origin, path } = modelListEndpoint(findProvider(id)!, at(baseUrl), undefined)!;
      return origin + path;
    };
    expect(listOf('openai', 'https://a.example/v1')).toBe('https://a.example/v1/models');
    expect(listOf('anthropic', 'https://a.example/v1')).toBe('https://a.example/v1/models?limit=1000');
    expect(listOf('cohere', 'https://a.example/v2')).toBe('https://a.example/v1/models?page_size=1000');
    expect(listOf('google', 'https://a.example/v1beta')).toBe('https://a.example/v1beta/models?pageSize=1000');
    const credential = { id: 'c', secret: 's' };
    expect(modelListEndpoint(findProvider('anthropic')!, at('https://a.example'), credential)!.headers).toMatchObject({
      'x-api-key': 's',
      'anthropic-version': '2023-06-01',
    });
  });

  it.each([
    ['github-models', 'https://models.github.ai/inference', 'https://models.github.ai/catalog/models'],
    ['github-models', 'https://models.github.ai/orgs/acme/inference/', 'https://models.github.ai/catalog/models'],
    ['github-models', 'http://127.0.0.1:4010/openai/v1', 'http://127.0.0.1:4010/openai/v1/models'],
    ['databricks', 'https://w.example/serving-endpoints', 'https://w.example/api/2.0/serving-endpoints'],
    ['databricks', 'http://127.0.0.1:4010/openai/v1/', 'http://127.0.0.1:4010/openai/v1/models'],
    ['litellm', 'http://127.0.0.1:4000/', 'http://127.0.0.1:4000/model/info'],
    ['openrouter', 'https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1/models'],
  ])('asks %s at %s for its models at %s', (id, baseUrl, address) => {
    const { origin, path } = modelListEndpoint(findProvider(id)!, at(baseUrl), undefined)!;
    expect(origin + path).toBe(address);
  });

  it('names the application to OpenRouter, where it has a name, and the version to GitHub', () => {
    const headersOf = (id: string, options: object) =>
      endpointOf(findProvider(id)!, 'openai-chat', { baseUrl: 'https://a.example', options }, 'm', undefined).headers;
    expect(headersOf('openrouter', { app_url: 'https://app.example', app_name: 'App' })).toMatchObject({
      'http-referer': 'https://app.example',
      'x-title': 'App',
    });
    expect(Object.keys(headersOf('openrouter', {}))).toEqual(['content-type', 'user-agent']);
    expect(headersOf('github-models', {})).toMatchObject({ 'x-github-api-version': expect.stringMatching(/^\d{4}-/) });
  });

  it.each([
    'http://127.0.0.1:11434',
    'http://127.0.0.1:11434/',
    'http://127.0.0.1:11434/v1',
    'http://127.0.0.1:11434/v1/',
  ])('finds both formats and the models of Ollama from %s', (baseUrl) => {
    const provider = findProvider('ollama')!;
    const paths = provider.dialects.map(({ id }) => endpointOf(provider, id, at(baseUrl), 'm', undefined).wholePath);
    expect(paths).toEqual(['/v1/chat/completions', '/api/chat']);
    const list = modelListEndpoint(provider, at(baseUrl), { id: 'c', secret: 's' });
    expect(list).toMatchObject({ origin: 'http://127.0.0.1:11434', path: '/api/tags' });
    expect(list!.headers).toMatchObject({ authorization: 'Bearer s' });
  });

  it('keeps the folder that a proxy puts before Ollama', () => {
    const [provider, account] = [findProvider('ollama')!, at('https://a.example/llm/v1')];
    const paths = provider.dialects.map(({ id }) => endpointOf(provider, id, account, 'm', undefined).wholePath);
    expect(paths).toEqual(['/llm/v1/chat/completions', '/llm/api/chat']);
    expect(modelListEndpoint(provider, account, undefined)!.path).toBe('/llm/api/tags');
  });

  it('asks elsewhere, or not at all, where the vendor has its list elsewhere or none', () => {
    const modelList = { address: () => 'https://list.example/catalog?all=1', read: () => [] };
    const asked = modelListEndpoint({ ...plain, modelList }, at('https://a.example'), undefined);
    expect(asked).toMatchObject({ origin: 'https://list.example', path: '/catalog?all=1' });
    expect(modelListEndpoint({ ...plain, modelList: null }, at('https://a.example'), undefined)).toBeUndefined();
  });

  it.each<[id: string, model: string, options: ConnectionOptions, path: string | undefined]>([
    ['openai', 'text-embedding-3-small', {}, '/x/embeddings'],
    ['azure', 'mine', {}, '/x/openai/v1/embeddings'],
    ['azure', 'mine', { api_version: '2024-10-21' }, '/x/openai/deployments/mine/embeddings?api-version=2024-10-21'],
    ['ollama', 'all-minilm', {}, '/x/v1/embeddings'],
    ['google', 'gemini-embedding-001', {}, '/x/v1beta/models/gemini-embedding-001:batchEmbedContents'],
    [
      'vertex',
      'text-embedding-005',
      { project: 'p' },
      '/x/v1/projects/p/locations/us-central1/publishers/google/models/text-embedding-005:predict',
    ],
    ['bedrock', 'amazon.titan-embed-text-v2:0', {}, '/x/model/amazon.titan-embed-text-v2%3A0/invoke'],
    ['cohere', 'embed-v4.0', {}, '/x/v2/embed'],
    ['groq', 'llama-3.1-8b-instant', {}, undefined],
    ['anthropic', 'claude-haiku-4-5', {}, undefined],
  ])('asks %s for embeddings of %s with %j at %s', (id, upstreamModel, options, path) => {
    const provider = findProvider(id)!;
    const target = { provider: id, upstreamModel, capabilities: {}, maxOutputTokens: null };
    const [dialect] = provider.dialects;
    const account = { baseUrl: 'https://a.example/x', allowPrivateNetwork: false, options, credentials: [] };
    const deployment: Deployment = { id: `${id}/m`, connection: id, provider, dialect, target, ...account };
    const format = embeddingsFormatFor(deployment);
    expect(format && embeddingsPathOf(deployment, format.id)).toBe(path);
  });
});
