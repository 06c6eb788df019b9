import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeModels, type ModelFindings, type ModelWords } from './merge-models.ts';
import type { ModelEntity, ModelSource } from './model.entity.ts';

const NOW = new Date('2026-09-01T00:00:00Z');
const BEFORE = new Date('2026-08-01T00:00:00Z');

/** A row as a plain value. */
type Row = Pick<ModelEntity, keyof ModelEntity>;

const model = (upstreamModel: string, fields: Partial<Row> = {}): Row => ({
  modelId: `main/${upstreamModel}`,
  connection: 'main',
  provider: 'openai',
  upstreamModel,
  dialect: null,
  displayName: null,
  contextLength: null,
  maxOutputTokens: null,
  pricing: null,
  priceVersion: null,
  capabilities: {},
  isAvailable: true,
  firstListedAt: null,
  missingSince: null,
  source: 'catalog',
  fieldSources: {},
  createdAt: BEFORE,
  updatedAt: BEFORE,
  ...fields,
});

/** Without a list where `listed` is null. */
const findings = (
  listed: Record<string, ModelWords> | null,
  catalog: Record<string, ModelWords> = {},
): ModelFindings => ({
  connection: 'main',
  listed: listed && new Map(Object.entries(listed)),
  catalog: (upstreamModel) => catalog[upstreamModel] ?? {},
  wanted: Object.keys(listed ?? catalog),
});

const merge = (rows: Row[], found: ModelFindings, now = NOW) => mergeModels(rows, found, 'openai', now);

describe('merging findings into the table of models', () => {
  it("adds what is wanted, the provider's word before the catalog's", () => {
    const { added, report } = merge(
      [model('known')],
      findings(
        { new: { contextLength: 10, pricing: { input: '1' } }, known: {} },
        { new: { contextLength: 99, displayName: 'New', capabilities: { tools: true } } },
      ),
    );
    expect(added).toEqual([
      expect.objectContaining({
        modelId: 'main/new',
        connection: 'main',
        provider: 'openai',
        displayName: 'New',
        contextLength: 10,
        maxOutputTokens: null,
        pricing: { input: '1' },
        capabilities: { tools: true },
        isAvailable: true,
        firstListedAt: NOW,
        source: 'provider',
        fieldSources: {
          display_name: 'catalog',
          context_length: 'provider',
          pricing: 'provider',
          capabilities: 'catalog',
          is_available: 'provider',
        },
      }),
    ]);
    expect(report).toEqual({ connection: 'main', added: ['main/new'], changed: [], missing: [], unchanged: 1 });
  });

  it('takes the catalog where the provider has no list, and misses nothing then', () => {
    const rows = [model('listed-once', { firstListedAt: BEFORE })];
    const { added, updates, report } = merge(rows, findings(null, { new: { displayName: 'New' } }));
    expect(added).toMatchObject([{ modelId: 'main/new', source: 'catalog', firstListedAt: null }]);
    expect([updates, report.missing]).toEqual([[], []]);
  });

  it('changes what has no word of an administrator, and tells from what to what', () => {
    const row = model('m', {
      displayName: 'Mine',
      contextLength: 10,
      pricing: { input: '1', output: '2' },
      fieldSources: { display_name: 'admin', context_length: 'catalog', pricing: 'provider' },
    });
    const { updates, report } = merge(
      [row],
      findings({ m: { displayName: 'Theirs', contextLength: 20 } }, { m: { pricing: { output: '2', input: '3' } } }),
    );
    expect(report.changed).toEqual([
      { modelId: 'main/m', field: 'context_length', from: 10, to: 20 },
      { modelId: 'main/m', field: 'pricing', from: { input: '1', output: '2' }, to: { input: '3', output: '2' } },
    ]);
    expect(updates[0]!.set).toMatchObject({
      contextLength: 20,
      fieldSources: { display_name: 'admin', context_length: 'provider', pricing: 'catalog', is_available: 'provider' },
    });
    expect(updates[0]!.set).not.toHaveProperty('displayName');
  });

  it('keeps what nobody says any more', () => {
    const row = model('m', { contextLength: 10, pricing: { input: '1' }, fieldSources: { pricing: 'provider' } });
    const { report } = merge([row], findings({ m: { contextLength: null, pricing: {}, capabilities: {} } }));
    expect(report).toMatchObject({ changed: [], unchanged: 1 });
  });

  it('follows a model that goes and comes back', () => {
    const row = model('m', { firstListedAt: BEFORE, fieldSources: { is_available: 'provider' } });
    const gone = merge([row], findings({ other: {} }));
    expect(gone.report).toMatchObject({
      changed: [{ field: 'is_available', from: true, to: false }],
      missing: ['main/m'],
      unchanged: 0,
    });
    expect(gone.updates).toEqual([{ modelId: 'main/m', set: { isAvailable: false, missingSince: NOW } }]);
    const away = { ...row, ...gone.updates[0]!.set };
    const later = new Date(NOW.getTime() + 1000);
    expect(merge([away], findings({ other: {} }), later)).toMatchObject({
      updates: [],
      report: { changed: [], missing: ['main/m'] },
    });
    const back = merge([away], findings({ m: {} }), later);
    expect(back.updates).toEqual([{ modelId: 'main/m', set: { isAvailable: true, missingSince: null } }]);
    expect(back.report.missing).toEqual([]);
  });

  it('misses a model whose availability an administrator decided, without touching it', () => {
    const row = model('m', { firstListedAt: BEFORE, fieldSources: { is_available: 'admin' } });
    const { updates, report } = merge([row], findings({ other: {} }));
    expect(report).toMatchObject({ changed: [], missing: ['main/m'] });
    expect(updates).toEqual([{ modelId: 'main/m', set: { missingSince: NOW } }]);
  });

  it('knows a model by its upstream name, whatever its id', () => {
    const row = model('m', { modelId: 'mine' });
    const { added, report } = merge([row], findings({ m: { contextLength: 5 } }));
    expect([added, report.changed[0]?.modelId]).toEqual([[], 'mine']);
  });

  it('neither misses what was never listed, nor believes an empty list', () => {
    const rows = [model('never'), model('once', { firstListedAt: BEFORE })];
    expect(merge([rows[0]!], findings({ other: {} })).report.missing).toEqual([]);
    expect(merge(rows, findings({})).report).toMatchObject({ changed: [], missing: [], unchanged: 2 });
  });

  const names = fc.constantFrom('a', 'b', 'c');
  const words: fc.Arbitrary<ModelWords> = fc.record({
    displayName: fc.option(fc.constantFrom('A', 'B')),
    contextLength: fc.option(fc.constantFrom(1, 2)),
    pricing: fc.option(fc.constantFrom({ input: '1' }, { input: '2', output: undefined }, {})),
    capabilities: fc.option(fc.constantFrom({ tools: true }, {})),
  });
  const said = fc.dictionary(names, words);
  const found = fc.tuple(fc.option(said), said).map(([listed, catalog]) => findings(listed, catalog));
  const source = fc.constantFrom<ModelSource>('admin', 'provider', 'catalog');
  const row = fc
    .record({ contextLength: fc.option(fc.constantFrom(1, 2)), isAvailable: fc.boolean() })
    .chain((fields) =>
      fc
        .dictionary(fc.constantFrom('context_length', 'pricing', 'is_available'), source)
        .chain((fieldSources) =>
          fc.constantFrom(BEFORE, null).map((firstListedAt) => ({ ...fields, fieldSources, firstListedAt })),
        ),
    );
  const table = fc
    .dictionary(names, row)
    .map((rows) => Object.entries(rows).map(([name, fields]) => model(name, fields)));

  it("never touches an administrator's word, and accounts for every model once", () => {
    fc.assert(
      fc.property(table, found, (rows, finding) => {
        const { updates, report } = merge(rows, finding);
        const changed = new Set(report.changed.map(({ modelId }) => modelId));
        for (const before of rows) {
          const set = updates.find(({ modelId }) => modelId === before.modelId)?.set ?? {};
          const after = { ...before, ...set };
          if (before.fieldSources.context_length === 'admin') expect(set).not.toHaveProperty('contextLength');
          if (before.fieldSources.is_available === 'admin') expect(set).not.toHaveProperty('isAvailable');
          for (const [field, who] of Object.entries(before.fieldSources)) {
            if (who === 'admin') expect(after.fieldSources[field]).toBe('admin');
          }
        }
        const others = report.missing.filter((id) => !changed.has(id));
        expect(changed.size + others.length + report.unchanged).toBe(rows.length);
      }),
    );
  });

  it('finds nothing to do the second time', () => {
    fc.assert(
      fc.property(table, found, (rows, finding) => {
        const first = merge(rows, finding);
        const after = rows.map((before) => ({
          ...before,
          ...first.updates.find(({ modelId }) => modelId === before.modelId)?.set,
        }));
        const added = first.added.map((fresh) => ({ ...model(''), ...fresh }));
        const second = merge([...after, ...added], finding, new Date(NOW.getTime() + 1));
        expect(second).toMatchObject({ added: [], updates: [], report: { added: [], changed: [] } });
        expect(second.report.missing).toEqual(first.report.missing);
      }),
    );
  });
});
