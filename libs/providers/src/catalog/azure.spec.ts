import { describe, expect, it } from '@jest/globals';
import { endpointOf, modelListEndpoint } from '../endpoint.ts';
import { azure } from './azure.ts';

const RESOURCE = 'https://res.openai.azure.com';
const key = { id: 'c', secret: 'key' };
const at = (baseUrl: string, version?: string) => ({
  baseUrl,
  options: { ...(version !== undefined && { api_version: version }) },
});

describe('Azure OpenAI', () => {
  it.each([
    RESOURCE,
    `${RESOURCE}/`,
    `${RESOURCE}/openai`,
    `${RESOURCE}/openai/v1`,
    `${RESOURCE}/openai/v1/`,
    'https://res.services.ai.azure.com/openai/v1',
    'http://127.0.0.1:4010/azure',
  ])('is called on its v1 API at %s', (baseUrl) => {
    const { origin, wholePath, streamPath, headers } = endpointOf(azure, 'openai-chat', at(baseUrl), 'gpt', key);
    const resource = baseUrl.replace(/\/openai.*|\/$/, '');
    expect(origin + wholePath).toBe(`${resource}/openai/v1/chat/completions`);
    expect(streamPath).toBe(wholePath);
    expect(headers).toMatchObject({ 'api-key': 'key' });
    expect(headers).not.toHaveProperty('authorization');
    const list = modelListEndpoint(azure, at(baseUrl), key)!;
    expect(list.origin + list.path).toBe(`${resource}/openai/v1/models`);
  });

  it.each([RESOURCE, `${RESOURCE}/openai/v1`])(
    'is called at the deployment at %s where a version is given',
    (baseUrl) => {
      const account = at(baseUrl, '2024-10-21');
      const { origin, wholePath } = endpointOf(azure, 'openai-chat', account, 'my deployment/1', key);
      expect(origin + wholePath).toBe(
        `${RESOURCE}/openai/deployments/my%20deployment%2F1/chat/completions?api-version=2024-10-21`,
      );
    },
  );
});
