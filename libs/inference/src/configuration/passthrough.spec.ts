import { describe, expect, it } from '@jest/globals';
import { PassthroughModels } from './passthrough.ts';
import type { ConnectionEntry } from './deployments.ts';
import { storedConnection } from './stored.testing.ts';
import { findProvider } from '@parley/providers';

const entry = (name: string, fields: Parameters<typeof storedConnection>[1] = {}): [string, ConnectionEntry] => {
  const connection = storedConnection(name, { options: { passthrough_models: true }, ...fields });
  return [name, { stored: connection, provider: findProvider(connection.provider) }];
};
const open = (...entries: [string, ConnectionEntry][]) =>
  new PassthroughModels(new Map(entries), new Date('2026-09-01T00:00:00Z'));

describe('models that are in no table', () => {
  it('are reached by path and by the other spelling, with the price that the catalog knows', () => {
    const models = open(entry('openai'));
    const found = models.find('openai/gpt-4o')!;
    expect(found).toMatchObject({ label: 'other', isAvailable: true, stored: null, price: { input: 2_500_000_000n } });
    expect(found.deployment).toMatchObject({ id: 'openai/gpt-4o', target: { upstreamModel: 'gpt-4o' } });
    expect(models.find('ext-openai-gpt-4o')!.deployment).toEqual(found.deployment);
    expect(models.find('openai/brand/new:free')).toMatchObject({
      price: null,
      deployment: { target: { upstreamModel: 'brand/new:free' } },
    });
  });

  it('belong to the longest connection name that fits', () => {
    const models = open(entry('my'), entry('my-openai'));
    expect(models.find('ext-my-openai-gpt')!.deployment).toMatchObject({
      connection: 'my-openai',
      target: { upstreamModel: 'gpt' },
    });
    expect(models.find('ext-my-other')!.deployment).toMatchObject({
      connection: 'my',
      target: { upstreamModel: 'other' },
    });
  });

  it.each(['openai/', 'ext-openai-', 'other/gpt', 'gpt', 'ext-', '/gpt', '', 'closed/gpt', 'vanished/gpt'])(
    'are not reached as %j',
    (id) => {
      expect(
        open(entry('openai'), entry('closed', { options: {} }), entry('vanished', { provider: 'vanished' })).find(id),
      ).toBeUndefined();
    },
  );

  it('are not available where the connection is not', () => {
    expect(open(entry('openai', { enabled: false })).find('openai/gpt')!.isAvailable).toBe(false);
  });

  it('stay the same as long as they are remembered, and only so many are', () => {
    const models = open(entry('openai'));
    const first = models.find('openai/first')!;
    for (let i = 0; i < 999; i++) models.find(`openai/${i}`);
    expect(models.find('openai/first')).toBe(first);
    models.find('openai/one-more');
    expect(models.find('openai/first')).not.toBe(first);
  });
});
