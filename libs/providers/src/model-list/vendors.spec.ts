import { describe, expect, it } from '@jest/globals';
import { pricingSchema } from '@parley/contracts';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProvider, PROVIDERS } from '../registry.ts';
import type { ListedModel } from '../provider.ts';
import { readModelList } from './by-dialect.ts';

/** What a connection to this vendor makes of the answer to its list. */
function readListOf(id: string, body: unknown): ListedModel[] {
  const { modelList, dialects } = findProvider(id)!;
  return modelList?.read ? modelList.read(body) : readModelList(dialects[0].id, body);
}

describe('the model list of a vendor', () => {
  it("tells OpenRouter's limits, prices per million tokens and what a model takes", () => {
    const told = {
      id: 'maker/m',
      name: 'Maker: M',
      context_length: 400_000,
      architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
      pricing: {
        prompt: '0.00000015',
        completion: '0.0000006',
        request: '0.01',
        input_cache_read: '0.000000075',
        input_cache_write: '0.0000001875',
        internal_reasoning: '0',
      },
      top_provider: { context_length: 128_000, max_completion_tokens: 16_384 },
      supported_parameters: ['tools', 'temperature'],
    };
    const varying = { id: 'openrouter/auto', pricing: { prompt: '-1', completion: '-1' } };
    const free = { id: 'maker/m:free', pricing: { prompt: '0', completion: '0' } };
    const painter = { id: 'maker/painter', architecture: { output_modalities: ['image'] } };
    expect(readListOf('openrouter', { data: [told, varying, free, painter] })).toMatchObject([
      {
        id: 'maker/m',
        displayName: 'Maker: M',
        contextLength: 400_000,
        maxOutputTokens: 16_384,
        pricing: {
          input: '0.15',
          output: '0.6',
          cached_input: '0.075',
          cache_write: '0.1875',
          reasoning: undefined,
          request: '0.01',
        },
        capabilities: { tools: true, images: true },
        isForChat: true,
      },
      { id: 'openrouter/auto', pricing: null },
      { id: 'maker/m:free', pricing: { input: '0', output: '0' } },
      { id: 'maker/painter', isForChat: false },
    ]);
  });

  it('tells the smallest window of those that serve a model at Hugging Face', () => {
    const providers = [
      {
        provider: 'a',
        status: 'live',
        context_length: 131_072,
        supports_tools: true,
        pricing: { input: 1, output: 2 },
      },
      { provider: 'b', status: 'live', context_length: 32_768, supports_tools: false },
      { provider: 'c', status: 'error', context_length: 1024 },
      { provider: 'd', status: 'live' },
    ];
    const architecture = { input_modalities: ['text'], output_modalities: ['text'] };
    expect(readListOf('huggingface', { object: 'list', data: [{ id: 'org/m', providers, architecture }] })).toEqual([
      {
        id: 'org/m',
        displayName: null,
        contextLength: 32_768,
        maxOutputTokens: null,
        capabilities: { tools: true, images: false },
        isForChat: true,
      },
    ]);
  });

  it('is an array at GitHub, beside the calls', () => {
    const told = {
      id: 'openai/gpt-4.1',
      name: 'OpenAI GPT-4.1',
      capabilities: ['streaming', 'tool-calling'],
      limits: { max_input_tokens: 1_048_576, max_output_tokens: 32_768 },
      supported_input_modalities: ['text', 'image'],
      supported_output_modalities: ['text'],
    };
    const embedder = { id: 'openai/embedder', supported_output_modalities: ['embeddings'] };
    expect(readListOf('github-models', [told, embedder])).toMatchObject([
      {
        id: 'openai/gpt-4.1',
        displayName: 'OpenAI GPT-4.1',
        contextLength: 1_048_576,
        maxOutputTokens: 32_768,
        capabilities: { tools: true, images: true },
        isForChat: true,
      },
      { id: 'openai/embedder', isForChat: false },
    ]);
  });

  it('is an array at Together, priced per million tokens', () => {
    const chat = {
      id: 'org/m',
      type: 'chat',
      display_name: 'M',
      context_length: 8192,
      pricing: { input: 0.88, output: 0.9 },
    };
    const image = { id: 'org/painter', type: 'image', pricing: { input: 0, output: 0 } };
    expect(readListOf('together', [chat, image])).toMatchObject([
      {
        id: 'org/m',
        displayName: 'M',
        contextLength: 8192,
        pricing: { input: '0.88', output: '0.9' },
        isForChat: true,
      },
      { id: 'org/painter', pricing: null, isForChat: false },
    ]);
  });

  it('tells what a model of Mistral can do', () => {
    const capabilities = { completion_chat: true, function_calling: true, vision: false };
    const data = [
      { id: 'mistral-x-latest', max_context_length: 131_072, capabilities },
      { id: 'mistral-embed', capabilities: { completion_chat: false } },
    ];
    expect(readListOf('mistral', { data })).toMatchObject([
      { contextLength: 131_072, capabilities: { tools: true, images: false }, isForChat: true },
      { id: 'mistral-embed', isForChat: false },
    ]);
  });

  it('names the serving endpoints of Databricks', () => {
    const endpoints = [
      { name: 'databricks-claude', task: 'llm/v1/chat', state: { ready: 'READY' } },
      { name: 'databricks-gte', task: 'llm/v1/embeddings' },
      { name: 'own-model' },
    ];
    expect(readListOf('databricks', { endpoints }).map(({ id, isForChat }) => [id, isForChat])).toEqual([
      ['databricks-claude', true],
      ['databricks-gte', false],
      ['own-model', undefined],
    ]);
  });

  it('tells each model of a LiteLLM proxy once, with its prices', () => {
    const facts = {
      mode: 'chat',
      max_input_tokens: 128_000,
      max_output_tokens: 4096,
      input_cost_per_token: 1.5e-7,
      output_cost_per_token: 6e-7,
      cache_read_input_token_cost: null,
      supports_function_calling: true,
      supports_vision: null,
    };
    const deployment = { model_name: 'cheap', litellm_params: { model: 'openai/gpt-4o-mini' }, model_info: facts };
    const embedder = { model_name: 'embed', model_info: { mode: 'embedding' } };
    expect(readListOf('litellm', { data: [deployment, deployment, embedder] })).toEqual([
      {
        id: 'cheap',
        displayName: null,
        contextLength: 128_000,
        maxOutputTokens: 4096,
        pricing: { input: '0.15', output: '0.6', cached_input: undefined },
        capabilities: { tools: true },
        isForChat: true,
      },
      { ...emptyModel('embed'), pricing: null, capabilities: {}, isForChat: false },
    ]);
  });

  it("tells Groq's and Fireworks' limits under the names that they have for them", () => {
    const groq = [{ id: 'g', context_window: 131_072, max_completion_tokens: 32_768, active: true }];
    expect(readListOf('groq', { data: groq })).toEqual([
      { id: 'g', displayName: null, contextLength: 131_072, maxOutputTokens: 32_768 },
    ]);
    const id = 'accounts/fireworks/models/f';
    const fireworks = [
      { id, context_length: 1024, supports_chat: true, supports_tools: false, supports_image_input: true },
    ];
    expect(readListOf('fireworks', { data: fireworks })).toMatchObject([
      { id, contextLength: 1024, capabilities: { tools: false, images: true }, isForChat: true },
    ]);
  });

  const listed = PROVIDERS.filter(({ modelList }) => modelList);

  it.each(listed)('of $id may also be a plain one, as a server in between gives it', ({ id, dialects }) => {
    // Ollama is asked for its own list.
    if (dialects[0].id !== 'openai-chat' || id === 'ollama') return;
    const models = readListOf(id, { object: 'list', data: [{ id: 'plain', object: 'model' }] });
    expect(models).toMatchObject([emptyModel('plain')]);
  });

  it.each(listed)('of $id gives clean names and prices, or a failure of the provider, for whatever comes', ({ id }) => {
    const anyEntry = fc.oneof(
      fc.anything(),
      fc.record({ id: fc.anything(), name: fc.anything(), pricing: fc.anything() }),
    );
    const anyBody = fc.oneof(fc.anything(), fc.array(anyEntry), fc.record({ data: fc.array(anyEntry) }));
    fc.assert(
      fc.property(anyBody, (body) => {
        try {
          for (const model of readListOf(id, body)) {
            expect(model.id).toMatch(/^[^\s\p{Cc}]+$/u);
            if (model.pricing) pricingSchema.parse(model.pricing);
          }
        } catch (error) {
          expect(error).toMatchObject({ failure: { code: 'provider_bad_answer' } });
        }
      }),
    );
  });
});

const emptyModel = (id: string): ListedModel => {
  return { id, displayName: null, contextLength: null, maxOutputTokens: null };
};

const repositoryRoot = join(import.meta.dirname, '../../../..');
const recordings = process.env.PARLEY_RECORDINGS ?? join(repositoryRoot, '../shared/recordings');
const isPresent = existsSync(join(recordings, 'cases.tsv'));

(isPresent ? describe : describe.skip)(`the recorded model list${isPresent ? '' : ' (SKIPPED: no recordings)'}`, () => {
  const readRecorded = (path: string): unknown => JSON.parse(readFileSync(join(recordings, path), 'utf8'));

  it('of Cerebras is read whole', () => {
    const body = readRecorded('cerebras/models-plain--nomodel.response.json') as { data: { id: string }[] };
    expect(body.data.length).toBeGreaterThan(2);
    expect(readListOf('cerebras', body)).toEqual(body.data.map(({ id }) => emptyModel(id)));
  });

  it('of Hugging Face is told from the description of one model of its hub', () => {
    const body = readRecorded('huggingface/models-plain--meta-llama.response.json');
    expect(() => readListOf('huggingface', body)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'provider_bad_answer' }) }),
    );
  });
});
