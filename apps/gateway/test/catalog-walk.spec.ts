import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DialectId } from '@parley/contracts';
import { PROVIDERS, type Provider } from '@parley/providers';
import { postChat, readStream } from './support/chat-client.ts';
import { foldStream } from './support/fold-stream.ts';
import { openManagement, type ManagementClient } from './support/management-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

/** Where the simulator speaks a dialect: what a base URL is set to, below its address. */
const SIMULATED_AT: Partial<Record<DialectId, string>> = {
  'openai-chat': '/openai/v1',
  'anthropic-messages': '/anthropic',
  'gemini-generate-content': '/gemini',
  'bedrock-converse': '/bedrock',
  'cohere-chat': '/cohere',
};

/** Where it is a vendor with paths of its own. */
const SIMULATED_VENDORS: Readonly<Record<string, string>> = {
  azure: '/azure',
  vertex: '/vertex',
  'github-copilot': '/copilot',
  ollama: '/ollama',
};

/** What a provider needs beside a key and `<PREFIX>_BASE_URL`. */
const FURTHER_VARIABLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  vertex: { GOOGLE_CLOUD_PROJECT: 'a-project' },
  'github-copilot': { GITHUB_COPILOT_ENABLED: '1' },
  openrouter: { OPENROUTER_APP_URL: 'https://app.example', OPENROUTER_APP_NAME: 'Walk' },
};

const KEY = 'a-key-of-the-walk';
const TOOL = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

const pathOf = ({ id, dialects: [dialect] }: Provider): string | undefined =>
  SIMULATED_VENDORS[id] ?? SIMULATED_AT[dialect.id];

const addressOf = (provider: Provider, simulator: string): string | undefined => {
  const path = pathOf(provider);
  return path === undefined ? undefined : simulator + path;
};

/** What a machine would have in its environment to use this provider; nothing for those that have no variables. */
function variablesOf(provider: Provider, simulator: string): Record<string, string> {
  const baseUrl = addressOf(provider, simulator);
  if (!provider.environment || baseUrl === undefined) return {};
  const { prefix, apiKey } = provider.environment;
  const keys = apiKey.slice(0, 1).map((name) => [name, KEY]);
  return { [`${prefix}_BASE_URL`]: baseUrl, ...Object.fromEntries(keys), ...FURTHER_VARIABLES[provider.id] };
}

describe('every provider of the catalog', () => {
  let simulator: SimulatorProcess;
  let gateway: TestGateway;
  let api: ManagementClient;

  beforeAll(async () => {
    simulator = await startSimulatorProcess();
    const variables = PROVIDERS.map((provider) => variablesOf(provider, simulator.url));
    gateway = await startTestGateway({ providerVariables: Object.assign({}, ...variables) as Record<string, string> });
    api = openManagement(gateway);
    for (const provider of PROVIDERS.filter(({ environment }) => !environment)) {
      await api('POST', '/api/providers', {
        name: provider.id,
        provider: provider.id,
        base_url: addressOf(provider, simulator.url),
        credentials: [{ api_key: KEY }],
        allow_private_network: true,
      });
    }
  });
  afterAll(async () => {
    await gateway?.close();
    await simulator?.close();
  });

  it.each(PROVIDERS)('$id can be started against the simulator', async (provider) => {
    // A provider that fails here needs an entry in one of the tables above.
    expect(pathOf(provider)).toEqual(expect.any(String));
    const { body } = await api('GET', `/api/providers/${provider.id}`);
    expect(body).toMatchObject({ provider: provider.id, status: 'active' });
  });

  it.each(PROVIDERS)('$id streams a tool call with its arguments and its figures', async ({ id, quirks }) => {
    const messages = [{ role: 'user', content: '[[sim:tools]] [[sim:usage 100 20]]' }];
    const request = { model: `${id}/small`, messages, tools: [TOOL], stream: true };
    const response = await postChat(gateway, { ...request, stream_options: { include_usage: true } });
    const { choices, usage } = foldStream(await readStream(response));
    expect(choices).toHaveLength(1);
    expect(choices[0]).toMatchObject({ finish: 'tool_calls', calls: [{ name: 'weather' }] });
    expect(JSON.parse(choices[0]!.calls[0]!.arguments)).toEqual({ city: 'sample' });
    // Unlike the vendor that tells its usage unasked, the simulator then tells none, and it is estimated.
    const counted = quirks?.usageUnasked ? expect.any(Number) : undefined;
    expect(usage).toMatchObject({ prompt_tokens: counted ?? 100, completion_tokens: counted ?? 20 });
  });

  it.each(PROVIDERS)('$id lists models', async ({ id, modelList, defaultModel }) => {
    if (modelList === null) {
      const { body } = await api<{ data: { id: string }[] }>('GET', '/v1/models');
      expect(body.data.map((model) => model.id)).toContain(`${id}/${defaultModel}`);
      return;
    }
    const { body } = await api<{ data: { id: string }[] }>('GET', `/api/monitoring/providers/${id}/models`);
    expect(body.data.map((model) => model.id)).toEqual(['small', 'large']);
  });

  it.each(PROVIDERS)('$id passes the test of its connection', async ({ id, modelList }) => {
    const { body } = await api<{ ok: boolean; steps: { step: string; ok: boolean; detail?: string }[] }>(
      'POST',
      `/api/monitoring/providers/${id}/test`,
    );
    expect(body.steps.filter(({ ok }) => !ok)).toEqual([]);
    const applying = modelList === null ? ['dns', 'tls', 'call'] : ['dns', 'tls', 'auth', 'models', 'call'];
    expect(body).toMatchObject({ ok: true, steps: applying.map((step) => ({ step })) });
  });
});
