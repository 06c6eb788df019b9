import { invalidRequest } from '@parley/contracts';
import { isObject, type JsonObject } from '../json-values.ts';

/**
 * The fields of an object of Google's, by their names in camel case. Its JSON parser takes snake case as well, and so do
 * its own documents; a null is an absent field: https://protobuf.dev/programming-guides/json/
 * Only the object's own level: what is inside may be the caller's (arguments, schemas). Throws `invalid_request`.
 */
export function fieldsOf(value: unknown, param: string): JsonObject {
  if (!isObject(value)) throw invalidRequest(param, value === undefined ? 'is required' : 'must be an object');
  if (isAsNamed(value)) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [camelCase(name), field]));
}

/** So is nearly everything that clients send, and then it need not be copied. */
function isAsNamed(value: JsonObject): boolean {
  for (const name of Object.keys(value)) if (value[name] === null || name.includes('_')) return false;
  return true;
}

/** The same for an object that may be missing. */
export function optionalFields(value: unknown, param: string): JsonObject {
  return value === undefined || value === null ? {} : fieldsOf(value, param);
}

const camelCase = (name: string): string =>
  name.includes('_') ? name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name;

/** A list; one object stands for a list of one, as Google's parser and the examples of its documents have it. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** Where a field stands; `param` is empty for those of the body itself. */
export const placeOf = (param: string, name: string): string => (param === '' ? name : `${param}.${name}`);

export function textIn(fields: JsonObject, name: string, param: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidRequest(placeOf(param, name), 'must be a text');
}

export function requiredText(fields: JsonObject, name: string, param: string): string {
  const value = textIn(fields, name, param);
  if (value === undefined || value === '') throw invalidRequest(placeOf(param, name), 'is required');
  return value;
}

/** A number, also as the text that Google's JSON makes of 64 bits. */
export function numberIn(fields: JsonObject, name: string, param: string): number | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  throw invalidRequest(placeOf(param, name), 'must be a number');
}

/** A number within limits of which every provider would refuse the outside. */
export function countIn(fields: JsonObject, name: string, param: string, least: number): number | undefined {
  const value = numberIn(fields, name, param);
  if (value === undefined || (Number.isInteger(value) && value >= least)) return value;
  throw invalidRequest(placeOf(param, name), `must be a whole number of at least ${least}`);
}

export function flagIn(fields: JsonObject, name: string, param: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidRequest(placeOf(param, name), 'must be true or false');
}

export function textsIn(fields: JsonObject, name: string, param: string): string[] {
  return listOf(fields[name]).map((value, position) => {
    if (typeof value === 'string') return value;
    throw invalidRequest(`${param}.${name}.${position}`, 'must be a text');
  });
}
