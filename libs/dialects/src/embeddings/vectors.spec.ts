import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  encodeVector,
  normalise,
  packFloats,
  readCount,
  readNumbers,
  readVectors,
  shorten,
  sizeOf,
  unpackFloats,
} from './vectors.ts';

const vectors = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 });
const lengthOf = (vector: readonly number[]): number => Math.hypot(...vector);

describe('vectors as base64', () => {
  it('are little-endian 32-bit floats', () => {
    expect(packFloats([1, -2])).toBe(Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]).toString('base64'));
  });

  it('say what the numbers say, both ways', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const packed = packFloats(vector);
        expect(unpackFloats(packed)).toEqual(vector);
        expect(sizeOf(packed)).toBe(vector.length);
        expect(encodeVector(packed, 'float')).toEqual(vector);
        expect(encodeVector(vector, 'base64')).toBe(packed);
      }),
    );
  });

  it('are left alone where they are what was asked for', () => {
    const [numbers, base64] = [[0.1, 0.2], packFloats([0.1, 0.2])];
    expect(encodeVector(numbers, 'float')).toBe(numbers);
    expect(encodeVector(base64, 'base64')).toBe(base64);
  });
});

describe('a shortened vector', () => {
  it('points where its beginning points, and has length 1', () => {
    expect(shorten([3, 4, 12], 2)).toEqual([0.6, 0.8]);
    fc.assert(
      fc.property(vectors, fc.integer({ min: 1, max: 50 }), (vector, dimensions) => {
        const beginning = vector.slice(0, dimensions);
        fc.pre(lengthOf(beginning) > 1e-6 && lengthOf(beginning) < 1e18);
        expect(lengthOf(shorten(vector, dimensions))).toBeCloseTo(1, 6);
      }),
    );
  });

  it('of nothing but zeros stays as it is', () => {
    expect(normalise([0, 0])).toEqual([0, 0]);
  });
});

describe('what a provider calls embeddings', () => {
  it.each<[string, unknown, number]>([
    ['no list', {}, 1],
    ['nothing', undefined, 1],
    ['fewer than were asked for', [[1]], 2],
    ['more than were asked for', [[1], [2]], 1],
    ['an empty vector', [[]], 1],
    ['a vector of texts', [['1']], 1],
    ['a vector with a hole', [[1, null]], 1],
    ['a text that is no base64', ['***'], 1],
    ['base64 of half a number', [Buffer.from([1, 2]).toString('base64')], 1],
  ])('is a bad answer when it is %s', (_what, values, asked) => {
    expect(() => readVectors(values, asked)).toThrow('provider_bad_answer');
  });

  it('must be numbers where the vendor knows nothing else', () => {
    expect(() => readNumbers([packFloats([1])], 1)).toThrow('provider_bad_answer');
  });

  it.each([
    [12, 12],
    ['12', 12],
    [0, null],
    [-1, null],
    [Number.NaN, null],
    [undefined, null],
    ['many', null],
  ])('counts %p tokens as %p', (value, count) => {
    expect(readCount(value)).toBe(count);
  });
});
