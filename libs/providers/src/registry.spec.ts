import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPrivateHost } from './http/address-guard.ts';
import { findPricing, listPricedModels, type PricedModel } from './prices.ts';
import type { Provider } from './provider.ts';
import { baseUrlOf, findProvider, PROVIDERS } from './registry.ts';

function chatModelsOf(provider: Provider): PricedModel[] {
  const priced = listPricedModels(provider.pricesId!, new Date(), provider.upstreamNameOf);
  return priced.filter(({ upstreamModel }) => provider.isChatModel?.(upstreamModel) ?? true);
}

describe('the registry of providers', () => {
  it('finds each provider by its id, which is its own', () => {
    for (const provider of PROVIDERS) expect(findProvider(provider.id)).toBe(provider);
    expect(new Set(PROVIDERS.map(({ id }) => id)).size).toBe(PROVIDERS.length);
    expect(findProvider('constructor')).toBeUndefined();
  });

  it.each(PROVIDERS)('$id can name a connection and speaks each dialect once', ({ id, name, dialects }) => {
    expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(name).not.toBe('');
    expect(new Set(dialects.map((dialect) => dialect.id)).size).toBe(dialects.length);
  });

  it.each(PROVIDERS)('$id has a public https address, or every connection brings its own', ({ baseUrl }) => {
    if (baseUrl === null) return;
    const url = new URL(baseUrl);
    expect([url.protocol, isPrivateHost(url.hostname), baseUrl.endsWith('/')]).toEqual(['https:', false, false]);
  });

  it('reads variables that no two providers share', () => {
    const variables = PROVIDERS.flatMap(({ environment }) =>
      environment ? [environment.prefix, ...environment.apiKey] : [],
    );
    // One GitHub token opens both of GitHub's services.
    const own = variables.filter((name) => name !== 'GITHUB_TOKEN');
    expect(new Set(own).size).toBe(own.length);
  });

  it.each(PROVIDERS.filter(({ pricesId }) => pricesId))('$id has models for chat in the price catalog', (provider) => {
    const forChat = chatModelsOf(provider);
    expect(forChat.length).toBeGreaterThan(0);
    for (const { upstreamModel } of forChat) {
      expect(upstreamModel).not.toMatch(/embed|whisper|tts|image|audio|moderation|realtime|guard/);
    }
  });

  it.each(PROVIDERS.filter(({ defaultModel }) => defaultModel))('$id has a price for its default model', (provider) => {
    const found = chatModelsOf(provider).find(({ upstreamModel }) => upstreamModel === provider.defaultModel);
    expect(Number(found?.pricing?.input)).toBeGreaterThan(0);
    expect(Number(found?.pricing?.output)).toBeGreaterThan(0);
  });

  it('prices a model by the name that calls have for it, and finds it by that name again', () => {
    const { pricesId, upstreamNameOf, defaultModel } = findProvider('fireworks')!;
    const [priced] = chatModelsOf(findProvider('fireworks')!).filter((model) => model.upstreamModel === defaultModel);
    expect(findPricing(pricesId!, defaultModel!, new Date())).toEqual(priced?.pricing);
    expect(upstreamNameOf!('glm-5p1-fast')).toBe('accounts/fireworks/routers/glm-5p1-fast');
  });

  it('leads the calls on the account of an organization at GitHub to an address of their own', () => {
    const github = findProvider('github-models')!;
    const addressFor = (organization?: string) =>
      baseUrlOf(github, { baseUrl: null, options: organization === undefined ? {} : { organization } });
    expect(addressFor()).toBe('https://models.github.ai/inference');
    expect(addressFor('acme')).toBe('https://models.github.ai/orgs/acme/inference');
  });

  it.each([
    'example.cloud.databricks.com',
    'https://example.cloud.databricks.com',
    'https://example.cloud.databricks.com/?o=123',
    'example.cloud.databricks.com/serving-endpoints/',
  ])('makes the address of a Databricks workspace of %s', (host) => {
    expect(findProvider('databricks')!.environment!.baseUrlFrom!(host)).toBe(
      'https://example.cloud.databricks.com/serving-endpoints',
    );
  });

  it.each<[provider: string, model: string, isForChat: boolean]>([
    ['openai', 'gpt-4o-mini', true],
    ['openai', 'o3', true],
    ['openai', 'gpt-4o-audio-preview', false],
    ['openai', 'text-embedding-3-small', false],
    ['openai', 'gpt-4o-search-preview', false],
    ['openai', 'gpt-5.3-codex', true],
    ['openai', 'o3-deep-research', true],
    ['openai', 'gpt-5-pro', true],
    ['openai', 'computer-use-preview', false],
    ['anthropic', 'claude-sonnet-4-5', true],
    ['anthropic', 'claude-2', false],
    ['google', 'gemini-2.5-flash', true],
    ['google', 'gemini-2.5-flash-image', false],
    ['openrouter', 'openai/gpt-5.4-mini', true],
    ['openrouter', 'openai/gpt-5-image', false],
    ['openrouter', 'gpt-4o:extended', false],
    ['xai', 'grok-4.3', true],
    ['xai', 'grok-voice-latest', false],
    ['groq', 'llama-3.1-8b-instant', true],
    ['groq', 'llama3-8b-8192', false],
    ['groq', 'meta-llama/llama-guard-4-12b', false],
    ['deepseek', 'deepseek-v4-flash', true],
    ['deepseek', 'deepseek-v3.2-exp', false],
    ['mistral', 'mistral-small-latest', true],
    ['mistral', 'mistral-large-2512', true],
    ['mistral', 'mistral-ocr-latest', false],
    ['mistral', 'mistral-large', false],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', true],
    ['together', 'meta-llama/Llama-2-7b-chat-hf', false],
    ['perplexity', 'sonar', true],
    ['perplexity', 'r1-1776', false],
    ['cohere', 'command-a-03-2025', true],
    ['cohere', 'command-r', false],
    ['cohere', 'embed-v4.0', false],
    ['ollama', 'qwen3:8b', true],
    ['ollama', 'nomic-embed-text:latest', false],
  ])('%s: %s is for chat: %s', (provider, model, isForChat) => {
    expect(findProvider(provider)!.isChatModel!(model)).toBe(isForChat);
  });

  it.each<[model: string, dialect: string | undefined]>([
    ['gpt-5.4-mini', undefined],
    ['o3', undefined],
    ['gpt-5-codex', 'openai-responses'],
    ['gpt-5.1-codex-max', 'openai-responses'],
    ['codex-mini-latest', 'openai-responses'],
    ['o1-pro', 'openai-responses'],
    ['o3-pro-2025-06-10', 'openai-responses'],
    ['gpt-5.5-pro', 'openai-responses'],
    ['o4-mini-deep-research', 'openai-responses'],
    ['computer-use-preview', 'openai-responses'],
  ])('openai: %s is spoken to in %s', (model, dialect) => {
    expect(findProvider('openai')!.dialectOf!(model)).toBe(dialect);
  });

  it.each(PROVIDERS)('$id speaks every dialect that it gives its models', (provider) => {
    const models = listPricedModels(provider.pricesId ?? '', new Date()).map((model) => model.upstreamModel);
    const wanted = models.flatMap((model) => provider.dialectOf?.(model) ?? []);
    expect(provider.dialects.map(({ id }) => id)).toEqual(expect.arrayContaining(wanted));
  });

  it.each<[provider: string, model: string, reasoning: string | undefined]>([
    ['openai', 'gpt-4o-mini', 'none'],
    ['openai', 'gpt-5-chat-latest', undefined],
    ['openai', 'gpt-5.4', 'effort'],
    ['openai', 'o3-pro', 'effort'],
    ['openai', 'another-model', undefined],
    ['google', 'gemini-2.0-flash', 'none'],
    ['google', 'gemini-2.5-pro', 'budget'],
    ['google', 'gemini-3-pro-preview', 'effort'],
    ['google', 'gemma-3', undefined],
    ['anthropic', 'claude-3-5-haiku-20241022', 'none'],
    ['anthropic', 'claude-3-7-sonnet-20250219', 'budget'],
    ['anthropic', 'claude-opus-4-20250514', 'budget'],
    ['anthropic', 'claude-sonnet-4-5-20250929', 'budget'],
    ['anthropic', 'claude-opus-4', 'budget'],
    ['anthropic', 'claude-haiku-4-5', 'budget'],
    ['anthropic', 'claude-opus-4-6', 'adaptive'],
    ['anthropic', 'claude-sonnet-4-6-20260101', 'adaptive'],
    ['anthropic', 'claude-sonnet-5', 'adaptive'],
    ['anthropic', 'another-model', undefined],
    ['xai', 'grok-4-1-fast-non-reasoning', 'none'],
    ['xai', 'grok-3', 'none'],
    ['xai', 'grok-3-mini', undefined],
    ['xai', 'grok-4.3', undefined],
    ['cohere', 'command-a-03-2025', 'none'],
    ['cohere', 'command-a-plus-05-2026', 'budget'],
    ['cohere', 'another-model', undefined],
    ['ollama', 'gpt-oss:120b', 'effort'],
    ['ollama', 'hf.co/unsloth/gpt-oss-20b', 'effort'],
    ['ollama', 'qwen3:8b', undefined],
  ])('%s: how %s is asked to reason: %s', (provider, model, reasoning) => {
    expect(findProvider(provider)!.capabilitiesOf!(model).reasoning).toBe(reasoning);
  });
});

describe('a vendor that speaks a known dialect', () => {
  const source = import.meta.dirname;
  const read = (file: string): string => readFileSync(join(source, file), 'utf8');
  const compatible = PROVIDERS.filter(({ id, dialects, auth }) => {
    return dialects.length === 1 && dialects[0].id === 'openai-chat' && auth === 'bearer' && id !== 'openai-compatible';
  });

  it.each(compatible)('is one file of the catalog and one line of the registry: $id', ({ id, environment }) => {
    expect(read(`catalog/${id}.ts`)).toContain(`id: '${id}'`);
    const lines = read('registry.ts').split('\n');
    expect(lines.filter((line) => line.endsWith(` from './catalog/${id}.ts';`))).toHaveLength(1);
    expect(environment?.apiKey.length).toBeGreaterThan(0);
  });

  it('stands in the registry as soon as it has a file', () => {
    const files = globSync('catalog/*.ts', { cwd: source, exclude: ['**/*.spec.ts'] });
    const vendors = files.filter((file) => /: Provider = \{/.test(read(file)));
    const imported = [...read('registry.ts').matchAll(/from '\.\/(catalog\/.*)';$/gm)].map(([, file]) => file);
    expect(imported.toSorted()).toEqual(vendors.toSorted());
  });

  it('is named nowhere else in what makes, sends and reads calls', () => {
    const names = compatible.map(({ id }) => id).filter((id) => id !== 'openai');
    expect(names.length).toBeGreaterThan(10);
    const naming = new RegExp(`['"\`](?:${names.join('|')})['"\`]`);
    const files = globSync(['*.ts', '{auth,http,model-list,probe}/*.ts', '../../dialects/src/*/*.ts'], { cwd: source });
    const code = files.filter((file) => !/\.(?:spec|testing)\.ts$/.test(file));
    expect(code.length).toBeGreaterThan(30);
    for (const file of code) expect(`${file}: ${naming.exec(read(file))?.[0]}`).toBe(`${file}: undefined`);
  });
});
