import { badAnswer } from '../stream-transform.ts';
import type { Vector } from './format.ts';

const FLOAT_BYTES = 4;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Little-endian 32-bit floats, as OpenAI packs them. */
export function packFloats(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * FLOAT_BYTES);
  for (let index = 0; index < vector.length; index += 1) bytes.writeFloatLE(vector[index]!, index * FLOAT_BYTES);
  return bytes.toString('base64');
}

export function unpackFloats(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / FLOAT_BYTES }, (_, index) => bytes.readFloatLE(index * FLOAT_BYTES));
}

/** How many numbers a vector holds. */
export const sizeOf = (vector: Vector): number =>
  typeof vector === 'string' ? Buffer.byteLength(vector, 'base64') / FLOAT_BYTES : vector.length;

/** The vector in the encoding that was asked for. */
export function encodeVector(vector: Vector, encoding: 'float' | 'base64'): Vector {
  if (encoding === 'base64') return typeof vector === 'string' ? vector : packFloats(vector);
  return typeof vector === 'string' ? unpackFloats(vector) : vector;
}

/**
 * The beginning of a vector, brought to length 1. Sound only for models that were trained so that the beginning is a
 * vector by itself (Matryoshka representation learning, https://arxiv.org/abs/2205.13147).
 */
export function shorten(vector: readonly number[], dimensions: number): number[] {
  return normalise(vector.slice(0, dimensions));
}

/** Brings a vector to length 1, which OpenAI's all have: callers compare them by their dot product. */
export function normalise(vector: number[]): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Throws `provider_bad_answer` where a provider's value is no vector. */
export function readVector(value: unknown): Vector {
  if (typeof value === 'string') {
    if (BASE64.test(value) && Number.isInteger(sizeOf(value))) return value;
  } else if (Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)) return value as number[];
  throw badAnswer('an embedding is no vector');
}

/** The vectors of a list; throws `provider_bad_answer` where it does not hold one for each input. */
export function readVectors(values: unknown, asked: number): Vector[] {
  if (!Array.isArray(values)) throw badAnswer('the answer holds no embeddings');
  if (values.length !== asked) throw badAnswer(`the answer holds ${values.length} embeddings for ${asked} inputs`);
  return values.map(readVector);
}

/** The same where the vendor knows numbers only. */
export function readNumbers(values: unknown, asked: number): number[][] {
  return readVectors(values, asked).map((vector) => {
    if (typeof vector === 'string') throw badAnswer('an embedding is no list of numbers');
    return vector;
  });
}

/** A provider's count of tokens; null where it did not count. */
export function readCount(value: unknown): number | null {
  const count = typeof value === 'string' ? Number(value) : value;
  return typeof count === 'number' && Number.isFinite(count) && count > 0 ? Math.trunc(count) : null;
}
