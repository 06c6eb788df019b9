import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ChangeFeed } from '../changes/change-feed.ts';
import { notifyChange } from '../changes/notify-change.ts';
import { ConnectionStore } from '../connections/connection-store.ts';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { createVault } from '../vault/vault.ts';
import type { ModelFindings, ModelWords } from './merge-models.ts';
import type { ModelFields } from './model-fields.ts';
import { ModelStore, type Model } from './model-store.ts';
import { ModelSyncStore } from './model-sync-store.ts';

let database: TestDatabase;
let connections: ConnectionStore;
let models: ModelStore;
let syncs: ModelSyncStore;
beforeAll(async () => {
  database = await createTestDatabase();
  connections = new ConnectionStore(database.dataSource, createVault('5a'.repeat(32)));
  models = new ModelStore(database.dataSource);
  syncs = new ModelSyncStore(database.dataSource);
});
afterAll(() => database.drop());
beforeEach(() => reset());

async function reset(): Promise<void> {
  await database.dataSource.query('TRUNCATE connections, llm_models, model_prices CASCADE');
  for (const name of ['main', 'other']) {
    await connections.create({ name, provider: 'openai', source: 'admin', apiKeys: [] });
  }
}

const findings = (connection: string, listed: Record<string, ModelWords>): ModelFindings => ({
  connection,
  listed: new Map(Object.entries(listed)),
  catalog: () => ({}),
  wanted: Object.keys(listed),
});
const apply = (...found: ModelFindings[]) => syncs.apply(found, { preview: false });
const countPrices = async (): Promise<number> =>
  (await database.dataSource.query('SELECT count(*)::int AS count FROM model_prices'))[0].count;

describe('applying findings', () => {
  it('writes what a preview tells, and the preview writes nothing', async () => {
    const found = findings('main', { a: { pricing: { input: '1' } }, b: {} });
    const told = await syncs.apply([found], { preview: true });
    expect(await models.list({ limit: 10 })).toEqual({ models: [], hasMore: false });
    expect(await countPrices()).toBe(0);
    expect(await apply(found)).toEqual(told);
    expect(told).toEqual([{ connection: 'main', added: ['main/a', 'main/b'], changed: [], missing: [], unchanged: 0 }]);
    expect(await models.find('main/a')).toMatchObject({
      pricing: { input: '1' },
      priceVersion: 1,
      provider: 'openai',
      fieldSources: { pricing: 'provider', is_available: 'provider' },
    });
  });

  it('keeps a new price as a new version, with who said it', async () => {
    await apply(findings('main', { a: { pricing: { input: '1' } } }));
    await apply(findings('main', { a: { pricing: { input: '2' } } }));
    await apply(findings('main', { a: { pricing: { input: '2' }, contextLength: 5 } }));
    expect(await models.priceHistory('main/a')).toMatchObject([
      { version: 2, pricing: { input: '2' }, source: 'provider' },
      { version: 1, pricing: { input: '1' }, source: 'provider' },
    ]);
  });

  it('keeps the price that a process of an older release wrote without keeping it', async () => {
    await apply(findings('main', { a: { pricing: { input: '1' } } }));
    await database.dataSource.query(
      `UPDATE llm_models SET pricing = '{"input": "3"}', field_sources = '{"pricing": "admin"}'`,
    );
    await apply(findings('main', { a: { contextLength: 7 } }));
    expect(await models.find('main/a')).toMatchObject({ priceVersion: 2, pricing: { input: '3' } });
  });

  it('leaves an id alone that a model of another connection has, and a connection that is gone', async () => {
    await models.create({ modelId: 'main/a', connection: 'other', upstreamModel: 'x' });
    const gone = findings('gone', { a: {} });
    expect(await apply(findings('main', { a: {}, b: {} }), gone)).toMatchObject([
      { connection: 'main', added: ['main/b'] },
    ]);
    expect(await models.find('main/a')).toMatchObject({ connection: 'other' });
  });

  it('is announced once for all connections, and not at all when nothing changed or by a preview', async () => {
    const heard: string[] = [];
    let wake = (): void => {};
    const feed = new ChangeFeed({
      url: database.url,
      applicationName: 'model-sync',
      onChange: (topic) => {
        heard.push(topic);
        wake();
      },
      onProblem: () => {},
    });
    await feed.start();
    /** Postgres delivers in the order of the commits, so what is heard before the marker is all. */
    const hear = async (): Promise<string[]> => {
      await notifyChange(database.dataSource.manager, 'settings');
      while (!heard.includes('settings')) await new Promise<void>((resolve) => (wake = resolve));
      return heard.splice(0).slice(0, -1);
    };
    try {
      const both = [findings('main', { a: {}, b: {} }), findings('other', { a: {} })];
      await syncs.apply(both, { preview: true });
      expect(await hear()).toEqual([]);
      await apply(...both);
      expect(await hear()).toEqual(['models']);
      await apply(...both);
      expect(await hear()).toEqual([]);
      await apply(findings('main', { a: { displayName: 'A' } }), findings('other', { b: {} }));
      expect(await hear()).toEqual(['models']);
    } finally {
      await feed.close();
    }
  });

  it('refuses nothing that a list may say, up to the bounds of the columns', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1200 }, (_, index) => [`m-${index}`, { contextLength: 2_147_483_647, displayName: '🙂' }]),
    );
    const [report] = await apply(findings('main', many));
    expect(report!.added).toHaveLength(1200);
    expect((await apply(findings('main', many)))[0]).toMatchObject({ added: [], changed: [], unchanged: 1200 });
  });
});

describe('syncs and edits at the same time', () => {
  const NAMES = ['a', 'b', 'c', 'd'];
  const price = fc.constantFrom('1', '2', '3').map((input) => ({ input }));
  const words: fc.Arbitrary<ModelWords> = fc.record({ pricing: price, contextLength: fc.constantFrom(10, 20, 30) });
  const listing = fc.dictionary(fc.constantFrom(...NAMES), words, { minKeys: 1 });
  const edit = fc.record(
    {
      pricing: fc.option(fc.constant({ input: '77' })),
      contextLength: fc.option(fc.constant(77)),
      isAvailable: fc.option(fc.boolean()),
    },
    { requiredKeys: [] },
  );
  const edits = fc.dictionary(fc.constantFrom(...NAMES), edit);

  it("end with every administrator's word, else the last list's, and with all prices in a row", async () => {
    const all = Object.fromEntries(NAMES.map((name) => [name, { pricing: { input: '0' }, contextLength: 1 }]));
    await fc.assert(
      fc.asyncProperty(fc.array(listing, { minLength: 2, maxLength: 4 }), edits, async (listings, edited) => {
        await reset();
        await apply(findings('main', all));
        const added = models.create({ modelId: 'main/e', connection: 'main', upstreamModel: 'e' });
        await Promise.all([
          ...listings.map((listed) => apply(findings('main', listed), findings('other', listed))),
          ...Object.entries(edited).map(([name, fields]) => models.update(`main/${name}`, fields)),
          added,
        ]);
        const last = listings.at(-1)!;
        await apply(findings('main', last));
        for (const name of NAMES) await checkModel(await models.find(`main/${name}`), edited[name] ?? {}, last[name]);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  async function checkModel(model: Model | undefined, edited: ModelFields, listed: ModelWords | undefined) {
    const { fieldSources, pricing, contextLength, isAvailable, missingSince, modelId, priceVersion } = model!;
    const expectField = (field: keyof ModelFields, column: string, value: unknown, otherwise: unknown) => {
      const isEdited = edited[field] !== undefined && edited[field] !== null;
      expect([column, fieldSources[column] === 'admin']).toEqual([column, isEdited]);
      if (isEdited) expect(value).toEqual(edited[field]);
      else if (otherwise !== undefined) expect(value).toEqual(otherwise);
    };
    expectField('pricing', 'pricing', pricing, listed?.pricing);
    expectField('contextLength', 'context_length', contextLength, listed?.contextLength);
    expectField('isAvailable', 'is_available', isAvailable, listed !== undefined);
    expect(missingSince === null).toBe(listed !== undefined);
    const history = (await models.priceHistory(modelId)).toReversed();
    expect(history.map(({ version }) => version)).toEqual(history.map((_, index) => index + 1));
    expect(history.at(-1)).toMatchObject({ version: priceVersion, pricing });
    for (const [index, { pricing: next, validFrom }] of history.slice(1).entries()) {
      expect(next).not.toEqual(history[index]!.pricing);
      expect(validFrom.getTime()).toBeGreaterThanOrEqual(history[index]!.validFrom.getTime());
    }
  }
});

describe('claiming', () => {
  const HOUR_MS = 3_600_000;

  it('gives each connection to one of many that ask at once, and to nobody for an hour', async () => {
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => syncs.claim(['main', 'other', 'gone'], { idleMs: HOUR_MS })),
    );
    expect(claims.flat().toSorted()).toEqual(['main', 'other']);
    expect(await syncs.claim(['main', 'other'], { idleMs: HOUR_MS })).toEqual([]);
    await database.dataSource.query(
      `UPDATE model_syncs SET started_at = started_at - interval '61 minutes' WHERE connection = 'main'`,
    );
    expect(await syncs.claim(['main', 'other'], { idleMs: HOUR_MS })).toEqual(['main']);
  });

  it('remembers how the last sync of each connection ended', async () => {
    await syncs.claim(['main', 'other'], { idleMs: 0 });
    await syncs.finish('main', 'provider_unreachable');
    expect(await syncs.list()).toEqual([
      {
        connection: 'main',
        startedAt: expect.any(Date),
        finishedAt: expect.any(Date),
        errorCode: 'provider_unreachable',
      },
      { connection: 'other', startedAt: expect.any(Date), finishedAt: null, errorCode: null },
    ]);
    await connections.remove('main');
    expect((await syncs.list()).map(({ connection }) => connection)).toEqual(['other']);
  });
});
