import { describe, expect, it } from '@jest/globals';
import { isPrivateHost } from './http/address-guard.ts';
import { listPricedModels } from './prices.ts';
import { findProvider, PROVIDERS } from './registry.ts';

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
    expect(new Set(variables).size).toBe(variables.length);
  });

  it.each(PROVIDERS.filter(({ pricesId }) => pricesId))('$id has models for chat in the price catalog', (provider) => {
    const models = listPricedModels(provider.pricesId!, new Date()).map((model) => model.upstreamModel);
    const forChat = models.filter((model) => provider.isChatModel?.(model) ?? true);
    expect(forChat).not.toEqual([]);
    for (const model of forChat) expect(model).not.toMatch(/embed|whisper|tts|image|audio|moderation|realtime/);
  });

  it.each<[provider: string, model: string, isForChat: boolean]>([
    ['openai', 'gpt-4o-mini', true],
    ['openai', 'o3', true],
    ['openai', 'gpt-4o-audio-preview', false],
    ['openai', 'text-embedding-3-small', false],
    ['anthropic', 'claude-sonnet-4-5', true],
    ['anthropic', 'claude-2', false],
    ['google', 'gemini-2.5-flash', true],
    ['google', 'gemini-2.5-flash-image', false],
    ['cohere', 'command-a-03-2025', true],
    ['cohere', 'command-r', false],
    ['cohere', 'embed-v4.0', false],
    ['ollama', 'qwen3:8b', true],
    ['ollama', 'nomic-embed-text:latest', false],
  ])('%s: %s is for chat: %s', (provider, model, isForChat) => {
    expect(findProvider(provider)!.isChatModel!(model)).toBe(isForChat);
  });

  it.each<[provider: string, model: string, reasoning: string | undefined]>([
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
