import { describe, expect, it } from '@jest/globals';
import type { StoredModel } from '@parley/persistence';
import { findProvider } from '@parley/providers';
import { KEY } from '../engine/call.testing.ts';
import { buildSnapshot } from './snapshot.ts';
import { stored, storedConnection, storedModel } from './stored.testing.ts';

const OPTIONS = { defaultModel: undefined, now: new Date('2026-09-01T00:00:00Z') };

describe('the snapshot', () => {
  it('prepares a deployment of each model: address, credentials, format, price', () => {
    const connections = [storedConnection('mine', { baseUrl: 'https://proxy.example/v1', allowPrivateNetwork: true })];
    const models = [storedModel('mine/gpt-4o', { maxOutputTokens: 100, capabilities: { images: false } })];
    const entry = buildSnapshot(stored({ connections, models }), OPTIONS).models.get('mine/gpt-4o')!;
    expect(entry).toMatchObject({ isAvailable: true, label: 'mine/gpt-4o', price: { input: 1_000_000_000n } });
    expect(entry.deployment).toMatchObject({
      id: 'mine/gpt-4o',
      connection: 'mine',
      provider: { id: 'openai' },
      dialect: { id: 'openai-chat' },
      target: { provider: 'mine', upstreamModel: 'gpt-4o', capabilities: { images: false }, maxOutputTokens: 100 },
      baseUrl: 'https://proxy.example/v1',
      allowPrivateNetwork: true,
      credentials: [{ id: 'credential-mine', secret: 'secret' }],
    });
  });

  it("takes the provider's own address, and what is known of a model by its name", () => {
    const connections = [storedConnection('anthropic', { provider: 'anthropic' })];
    const models = [storedModel('anthropic/claude-sonnet-5', { capabilities: { tools: false } })];
    const { deployment } = buildSnapshot(stored({ connections, models }), OPTIONS).models.get(
      'anthropic/claude-sonnet-5',
    )!;
    expect(deployment.baseUrl).toBe('https://api.anthropic.com');
    expect(deployment.dialect.id).toBe('anthropic-messages');
    expect(deployment.target.capabilities).toMatchObject({ tools: false, reasoning: 'adaptive' });
  });

  it('speaks another dialect only where the provider does', () => {
    const models = [storedModel('a/m', { dialect: 'gemini-generate-content' })];
    const entry = buildSnapshot(stored({ connections: [storedConnection('a')], models }), OPTIONS).models.get('a/m')!;
    expect(entry.deployment.dialect.id).toBe('openai-chat');
  });

  it.each<[name: string, connection: Parameters<typeof storedConnection>[1], isAvailable: boolean]>([
    ['a connection that is switched off', { enabled: false }, false],
    ['a connection without the credential that it needs', { credentials: [] }, false],
    ['a connection that needs no credential', { provider: 'openai-compatible', credentials: [] }, true],
  ])('knows what can be called at all: %s', (_name, fields, isAvailable) => {
    const connections = [storedConnection('a', fields)];
    const { models } = buildSnapshot(stored({ connections, models: [storedModel('a/m')] }), OPTIONS);
    expect(models.get('a/m')!.isAvailable).toBe(isAvailable);
  });

  it('leaves out models of connections and providers that nobody knows, and keeps the others', () => {
    const connections = [storedConnection('a'), storedConnection('b', { provider: 'vanished' })];
    const models = [storedModel('a/m'), storedModel('b/m'), storedModel('gone/m')];
    const snapshot = buildSnapshot(stored({ connections, models }), OPTIONS);
    expect([...snapshot.models.keys()]).toEqual(['a/m']);
    expect([...snapshot.connections.keys()]).toEqual(['a', 'b']);
  });

  it('finds models by each spelling, and keys by their hash', () => {
    const connections = [storedConnection('a'), storedConnection('b')];
    const models = [storedModel('a/m'), storedModel('b/m')];
    const { extIds, bareIds, keys } = buildSnapshot(stored({ connections, models, keys: [KEY] }), OPTIONS);
    expect([...extIds.keys()]).toEqual(['ext-a-m', 'ext-b-m']);
    expect(bareIds.get('m')!.map((entry) => entry.deployment.id)).toEqual(['a/m', 'b/m']);
    expect(keys.get('hash')).toBe(KEY);
  });

  it('resolves aliases, without the models that are gone, through open connections too', () => {
    const connections = [storedConnection('a'), storedConnection('open', { options: { passthrough_models: true } })];
    const deployments = ['a/m', 'a/gone', 'open/new'].map((model) => ({ model, weight: 2 }));
    const aliases = [{ name: 'fast', strategy: 'weighted' as const, deployments }];
    const snapshot = buildSnapshot(stored({ connections, models: [storedModel('a/m')], aliases }), OPTIONS);
    expect(snapshot.aliases.get('fast')!.targets.map(({ entry, weight }) => [entry.deployment.id, weight])).toEqual([
      ['a/m', 2],
      ['open/new', 2],
    ]);
  });

  it('gives `default` a meaning, unless an alias of that name has one', () => {
    const configuration = stored({
      connections: [storedConnection('a')],
      models: [storedModel('a/m'), storedModel('a/n')],
    });
    const options = { ...OPTIONS, defaultModel: 'a/m' };
    const targetOf = (aliases: typeof configuration.aliases): string | undefined =>
      buildSnapshot({ ...configuration, aliases }, options).aliases.get('default')?.targets[0]?.entry.deployment.id;
    expect(targetOf([])).toBe('a/m');
    expect(targetOf([{ name: 'default', strategy: 'priority', deployments: [{ model: 'a/n', weight: 1 }] }])).toBe(
      'a/n',
    );
    expect(buildSnapshot(configuration, OPTIONS).aliases.has('default')).toBe(false);
  });

  it("takes a connected vendor's usual model for `default` where nothing was named, else the simulator's", () => {
    const usual = `openai/${findProvider('openai')!.defaultModel}`;
    const connections = [storedConnection('openai'), storedConnection('simulator')];
    const targetOf = (models: StoredModel[]): string | undefined =>
      buildSnapshot(stored({ connections, models }), OPTIONS).aliases.get('default')?.targets[0]?.entry.deployment.id;
    expect(targetOf([storedModel('simulator/small'), storedModel(usual)])).toBe(usual);
    expect(targetOf([storedModel('simulator/small'), storedModel(usual, { isAvailable: false })])).toBe(
      'simulator/small',
    );
    expect(targetOf([])).toBeUndefined();
  });
});
