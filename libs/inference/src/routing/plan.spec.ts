import { describe, expect, it } from '@jest/globals';
import type { StoredAlias } from '@parley/persistence';
import fc from 'fast-check';
import { buildSnapshot, type Snapshot } from '../configuration/snapshot.ts';
import { stored, storedConnection, storedModel } from '../configuration/stored.testing.ts';
import { isAllowed, planRoute } from './plan.ts';

const ANY = { models: null };

function snapshotWith(
  aliases: StoredAlias[] = [],
  fields: { models?: string[]; off?: string[]; defaultModel?: string } = {},
): Snapshot {
  const names = fields.models ?? ['a/m', 'b/m', 'c/m', 'a/only', 'a/vendor/deep'];
  const models = names.map((id) => storedModel(id, { isAvailable: !fields.off?.includes(id) }));
  const connections = ['a', 'b', 'c', 'my-open'].map((name) =>
    storedConnection(name, { options: { passthrough_models: name === 'my-open' } }),
  );
  return buildSnapshot(stored({ connections, models, aliases }), {
    defaultModel: fields.defaultModel,
    now: new Date(0),
  });
}
const planOf = (
  snapshot: Snapshot,
  model: string,
  key: { models: string[] | null } = ANY,
  random = () => 0,
): string[] => planRoute(snapshot, key, model, random).map((entry) => entry.deployment.id);
const alias = (name: string, strategy: StoredAlias['strategy'], weights: Record<string, number>): StoredAlias => ({
  name,
  strategy,
  deployments: Object.entries(weights).map(([model, weight]) => ({ model, weight })),
});

describe('a model by its name', () => {
  it.each([
    ['its path', 'a/m', 'a/m'],
    ['a path with slashes of its own', 'a/vendor/deep', 'a/vendor/deep'],
    ['the other spelling', 'ext-a-m', 'a/m'],
    ['its bare name, where one connection offers it', 'only', 'a/only'],
    ['a bare name with slashes', 'vendor/deep', 'a/vendor/deep'],
    ['the path of an open connection', 'my-open/anything/new', 'my-open/anything/new'],
    ['the other spelling at an open connection', 'ext-my-open-new', 'my-open/new'],
  ])('is found by %s', (_name, asked, id) => {
    expect(planOf(snapshotWith(), asked)).toEqual([id]);
  });

  it('is not guessed where several connections offer it: they are named', () => {
    expect(() => planOf(snapshotWith(), 'm')).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        details: {
          param: 'model',
          values: { param: 'model', problem: '"m" is offered by several connections; name one of: a/m, b/m, c/m' },
        },
      }),
    );
  });

  it('is meant where only one of several can be used', () => {
    expect(planOf(snapshotWith([], { off: ['a/m', 'c/m'] }), 'm')).toEqual(['b/m']);
  });

  it('is not available when it is switched off, by any spelling', () => {
    const snapshot = snapshotWith([], { off: ['a/m', 'b/m', 'c/m'] });
    for (const asked of ['a/m', 'ext-a-m', 'm']) expect(() => planOf(snapshot, asked)).toThrow('model_unavailable');
  });

  it.each(['a/none', 'none', '', '__proto__', 'constructor', 'ext-a-none'])(
    'is not found as %j, and the answer says what there is',
    (asked) => {
      expect(() => planOf(snapshotWith(), asked)).toThrow(
        expect.objectContaining({
          code: 'model_not_found',
          details: { param: 'model', values: { model: asked, available: 'a/m, b/m, c/m, a/only, a/vendor/deep' } },
        }),
      );
    },
  );

  it('shows at most ten others', () => {
    const models = Array.from({ length: 30 }, (_, i) => `a/m${i}`);
    const asked = () => planOf(snapshotWith([], { models }), 'none');
    expect(asked).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({
          values: expect.objectContaining({ available: expect.stringMatching(/^(a\/m\d+, ){10}…$/) }),
        }),
      }),
    );
  });
});

describe('an alias', () => {
  it('gives its deployments in order, without those that cannot be used', () => {
    const snapshot = snapshotWith([alias('fast', 'priority', { 'c/m': 1, 'a/m': 1, 'b/m': 1 })], { off: ['a/m'] });
    expect(planOf(snapshot, 'fast')).toEqual(['c/m', 'b/m']);
  });

  it('draws by weight, with the others behind as fallbacks', () => {
    const snapshot = snapshotWith([alias('mix', 'weighted', { 'a/m': 6, 'b/m': 3, 'c/m': 1 })]);
    // A small generator with a seed (mulberry32): the same draws at every run.
    let state = 42;
    const random = (): number => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    const firsts: Record<string, number> = {};
    for (let i = 0; i < 10_000; i++) {
      const plan = planOf(snapshot, 'mix', ANY, random);
      expect([...plan].sort()).toEqual(['a/m', 'b/m', 'c/m']);
      firsts[plan[0]!] = (firsts[plan[0]!] ?? 0) + 1;
    }
    expect(Math.abs(firsts['a/m']! - 6000)).toBeLessThan(200);
    expect(Math.abs(firsts['b/m']! - 3000)).toBeLessThan(200);
    expect(Math.abs(firsts['c/m']! - 1000)).toBeLessThan(150);
  });

  it('draws every deployment once, whatever the weights and the draws', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ([a, b, c], drawn) => {
          const snapshot = snapshotWith([alias('mix', 'weighted', { 'a/m': a, 'b/m': b, 'c/m': c })]);
          expect(planOf(snapshot, 'mix', ANY, () => drawn).sort()).toEqual(['a/m', 'b/m', 'c/m']);
        },
      ),
    );
  });

  it('does not hide a model of the same name', () => {
    expect(planOf(snapshotWith([alias('a/m', 'priority', { 'b/m': 1 })]), 'a/m')).toEqual(['a/m']);
  });

  it('whose models are gone or off is known but not available', () => {
    const snapshot = snapshotWith(
      [alias('empty', 'priority', { 'a/gone': 1 }), alias('off', 'priority', { 'a/m': 1 })],
      { off: ['a/m'] },
    );
    for (const asked of ['empty', 'off']) expect(() => planOf(snapshot, asked)).toThrow('model_unavailable');
  });

  it('named `default` stands for the default model', () => {
    expect(planOf(snapshotWith([], { defaultModel: 'b/m' }), 'default')).toEqual(['b/m']);
    expect(() => planOf(snapshotWith(), 'default')).toThrow('model_not_found');
  });
});

describe('a key that is bound to some models', () => {
  const snapshot = snapshotWith([alias('fast', 'priority', { 'a/m': 1, 'b/m': 1 })]);

  it.each<[patterns: string[], asked: string, expected: string[] | string]>([
    [['a/m'], 'a/m', ['a/m']],
    [['a/m'], 'b/m', 'model_not_allowed'],
    [['a/*'], 'ext-a-m', ['a/m']],
    [['*/m'], 'only', 'model_not_allowed'],
    [[], 'a/m', 'model_not_allowed'],
    [['fast'], 'fast', ['a/m', 'b/m']],
    [['b/*'], 'fast', ['b/m']],
    [['fast'], 'a/m', 'model_not_allowed'],
    [['b/*'], 'none', 'model_not_found'],
    [['my-*'], 'my-open/x', ['my-open/x']],
  ])('%j asking for %s', (models, asked, expected) => {
    if (typeof expected === 'string') expect(() => planOf(snapshot, asked, { models })).toThrow(expected);
    else expect(planOf(snapshot, asked, { models })).toEqual(expected);
  });

  it('is told only of models that it may use', () => {
    expect(() => planOf(snapshot, 'none', { models: ['b/*'] })).toThrow(
      expect.objectContaining({ details: { param: 'model', values: { model: 'none', available: 'b/m' } } }),
    );
  });

  it('matches patterns like a regular expression in which only the star means something', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*'), maxLength: 6 });
    const [entry] = planRoute(snapshot, ANY, 'a/m', () => 0);
    fc.assert(
      fc.property(pattern, letters, (text, id) => {
        const expression = new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        fc.pre(!expression.test('a/m'));
        expect(isAllowed({ models: [text] }, entry, id)).toBe(expression.test(id));
      }),
      { numRuns: 3000 },
    );
  });
});
