import { describe, expect, it } from '@jest/globals';
import { findProvider, type ListedModel, type Provider } from '@parley/providers';
import { storedConnection } from '../configuration/stored.testing.ts';
import { findModels } from './find-models.ts';

const NOW = new Date('2026-09-01T00:00:00Z');

const listed = (id: string, fields: Partial<ListedModel> = {}): ListedModel => ({
  id,
  displayName: null,
  contextLength: null,
  maxOutputTokens: null,
  ...fields,
});

const find = (provider: Provider, models: ListedModel[], baseUrl: string | null = null) =>
  findModels('main', { stored: storedConnection('main', { baseUrl }), provider }, async () => models, NOW);

const openai = findProvider('openai')!;
const anthropic = findProvider('anthropic')!;

describe('finding the models of a connection', () => {
  it('wants the chat models of the list, and knows what the catalog says of each, by its dated name too', async () => {
    const found = await find(openai, [listed('gpt-4o'), listed('gpt-4o-2024-08-06'), listed('whisper-1')]);
    expect(found.wanted).toEqual(['gpt-4o', 'gpt-4o-2024-08-06']);
    expect([...found.listed!.keys()]).toEqual(['gpt-4o', 'gpt-4o-2024-08-06', 'whisper-1']);
    expect(found.catalog('gpt-4o')).toMatchObject({ contextLength: 128_000, pricing: { input: '2.5' } });
    expect(found.catalog('gpt-4o-2024-08-06')).toMatchObject({ contextLength: null, pricing: { input: '2.5' } });
    expect(found.catalog('no-such-model')).toMatchObject({ displayName: null, pricing: null });
  });

  it('knows what a name alone tells of the capabilities', async () => {
    const { catalog } = await find(anthropic, [listed('claude-haiku-4-5')]);
    expect(catalog('claude-haiku-4-5').capabilities).toMatchObject({ reasoning: 'budget' });
  });

  it('wants what the catalog has where the vendor has no list, but not at another address', async () => {
    const silent: Provider = { ...openai, modelList: null };
    const at = await find(silent, [listed('never asked')]);
    expect(at.listed).toBeNull();
    expect(at.wanted).toContain('gpt-4o');
    expect(at.wanted).not.toContain('whisper-1');
    expect((await find(silent, [], 'https://example.com/v1')).wanted).toEqual([]);
  });

  it('knows the models of the simulator as they were seeded, whatever vendor it stands in for', async () => {
    const google = findProvider('google')!;
    const entry = { stored: storedConnection('simulator-gemini'), provider: google };
    const { catalog } = await findModels('simulator-gemini', entry, async () => [listed('large')], NOW);
    expect(catalog('large')).toMatchObject({ pricing: { input: '5' }, capabilities: { reasoning: 'budget' } });
    expect(catalog('another')).toEqual({});
  });

  it('takes over nothing that the table cannot hold', async () => {
    const { listed: words } = await find(openai, [
      listed('\ud800'),
      listed('m', { displayName: 'a\0b', contextLength: 2 ** 31, maxOutputTokens: 5, pricing: { input: '-1' } }),
      listed('n', { displayName: '\udfff', contextLength: 2 ** 31 - 1, pricing: { input: '1' } }),
    ]);
    expect(Object.fromEntries(words!)).toEqual({
      m: { displayName: null, contextLength: null, maxOutputTokens: 5, pricing: null },
      n: { displayName: null, contextLength: 2 ** 31 - 1, maxOutputTokens: null, pricing: { input: '1' } },
    });
  });
});
