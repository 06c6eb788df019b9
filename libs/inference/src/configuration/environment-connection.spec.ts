import { describe, expect, it } from '@jest/globals';
import { findProvider } from '@parley/providers';
import { readEnvironmentConnection, type Variables } from './environment-connection.ts';

const read = (provider: string, variables: Variables) => readEnvironmentConnection(findProvider(provider)!, variables);

describe('a connection from the environment', () => {
  it('needs the key of a vendor that asks for one', () => {
    expect(read('cohere', { COHERE_BASE_URL: 'https://cohere.example' })).toBeUndefined();
    expect(read('cohere', { COHERE_API_KEY: 'k' })).toMatchObject({
      name: 'cohere',
      apiKeys: ['k'],
      baseUrl: null,
      allowPrivateNetwork: false,
    });
    expect(read('cohere', { COHERE_API_KEY: 'k', COHERE_ENABLED: '0' })).toBeUndefined();
  });

  it('needs the address of a server of one’s own, which may then be a private one, and no key', () => {
    expect(read('ollama', { OLLAMA_BASE_URL: 'http://127.0.0.1:11434' })).toMatchObject({
      name: 'ollama',
      apiKeys: [],
      baseUrl: 'http://127.0.0.1:11434',
      allowPrivateNetwork: true,
    });
    const cloud = { OLLAMA_BASE_URL: 'https://ollama.com', OLLAMA_API_KEY: 'k' };
    expect(read('ollama', cloud)).toMatchObject({ apiKeys: ['k'], allowPrivateNetwork: false });
    expect(read('ollama', { OLLAMA_API_KEY: 'k' })).toBeUndefined();
  });
});
