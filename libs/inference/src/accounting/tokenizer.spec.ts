import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { countSample, sampleTexts } from './text-sample.ts';
import { LazyTokenizer, tokenizer, type CountTokens } from './tokenizer.ts';

/** What one estimate may take of the event loop. */
const MAX_MS = 20;

describe('a tokenizer that is loaded when it is needed', () => {
  it('is loaded once, in the background, and serves from then on', async () => {
    let loads = 0;
    const lazy = new LazyTokenizer(() => {
      loads += 1;
      return Promise.resolve((text) => text.length);
    });
    expect(loads).toBe(0);
    expect([lazy.get(), lazy.get(), loads]).toEqual([undefined, undefined, 1]);
    await lazy.settled();
    expect(lazy.get()!('abc')).toBe(3);
    expect(loads).toBe(1);
  });

  it('does without where it cannot be loaded', async () => {
    const lazy = new LazyTokenizer(() => Promise.reject(new Error('no memory')));
    expect(lazy.get()).toBeUndefined();
    await lazy.settled();
    expect(lazy.get()).toBeUndefined();
  });
});

describe('the tokenizer of OpenAI’s newest models', () => {
  let count: CountTokens;
  beforeAll(async () => {
    tokenizer.get();
    await tokenizer.settled();
    count = tokenizer.get()!;
  });
  const estimate = (text: string): number => countSample(sampleTexts([text]), count);

  it('counts as they do, and takes their control words for text', () => {
    expect(count('hello world')).toBe(2);
    expect(count('Привет, мир')).toBe(4);
    expect(count('<|endoftext|>')).toBeGreaterThan(1);
  });

  it('is exact for a text that is short enough, also where it is counted in pieces', () => {
    const prose = 'The quick brown fox jumps over the lazy dog while seven bright stars shine above us. '.repeat(20);
    expect(estimate(prose)).toBe(count(prose));
  });

  it('is close for a text that is longer', () => {
    const words = 'in der Höhe stand ein Baum, and (below) it 42 birds sang: «ёлка зимой» '.split(' ');
    const long = Array.from({ length: 4000 }, (_, index) => words[(index * index) % words.length]).join(' ');
    const tokens = words.map((word) => count(` ${word}`));
    const exact = Array.from({ length: 4000 }, (_, index) => tokens[(index * index) % words.length]!);
    const sum = exact.reduce((left, right) => left + right, 0);
    expect(Math.abs(estimate(long) / sum - 1)).toBeLessThan(0.15);
  });

  it('takes few milliseconds of the event loop for a megabyte of whatever there is', async () => {
    const script = join(import.meta.dirname, 'measure-estimates.testing.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    const { isLoaded, best } = JSON.parse(stdout) as { isLoaded: boolean; best: [what: string, ms: number][] };
    expect([isLoaded, best.length]).toEqual([true, 7]);
    expect(best.filter(([, ms]) => ms >= MAX_MS)).toEqual([]);
  }, 60_000);
});
