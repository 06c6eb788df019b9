import { isObject } from '../json.ts';
import { WireError } from '../wire-error.ts';

/** Checks one field; `name` is its path as OpenAI writes it. */
export type Check = (value: unknown, name: string) => void;

export function invalid(message: string, param?: string, code?: string): WireError {
  return new WireError(400, message, { param, code });
}

export function wrongType(name: string, expected: string, value: unknown): WireError {
  return invalid(
    `Invalid type for '${name}': expected ${expected}, but got ${describeType(value)} instead.`,
    name,
    'invalid_type',
  );
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function anything(): void {}

export function string(): Check {
  return (value, name) => {
    if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  };
}

export function boolean(): Check {
  return (value, name) => {
    if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
  };
}

export function object(): Check {
  return (value, name) => {
    if (!isObject(value)) throw wrongType(name, 'an object', value);
  };
}

export function array(minimum: number): Check {
  return (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, 'an array', value);
    if (value.length < minimum) {
      const message = `Invalid '${name}': empty array. Expected an array with minimum length ${minimum}, but got an empty array instead.`;
      throw invalid(message, name, 'empty_array');
    }
  };
}

export function oneOf(...choices: string[]): Check {
  return (value, name) => {
    if (typeof value !== 'string') throw wrongType(name, 'a string', value);
    if (!choices.includes(value)) {
      const supported = choices.map((choice) => `'${choice}'`).join(', ');
      throw invalid(`Invalid value: '${value}'. Supported values are: ${supported}.`, name, 'invalid_value');
    }
  };
}

export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER): Check {
  return (value, name) => {
    if (!Number.isInteger(value)) throw wrongType(name, 'an integer', value);
    checkRange(Number(value), name, 'integer', minimum, maximum);
  };
}

export function decimal(minimum: number, maximum: number): Check {
  return (value, name) => {
    if (typeof value !== 'number') throw wrongType(name, 'a decimal', value);
    checkRange(value, name, 'decimal', minimum, maximum);
  };
}

function checkRange(value: number, name: string, kind: string, minimum: number, maximum: number): void {
  const [side, sign, bound] = value < minimum ? ['below minimum', '>=', minimum] : ['above maximum', '<=', maximum];
  if (value >= minimum && value <= maximum) return;
  const code = `${kind}_${side === 'below minimum' ? 'below_min' : 'above_max'}_value`;
  const message = `Invalid '${name}': ${kind} ${side} value. Expected a value ${sign} ${bound}, but got ${value} instead.`;
  throw invalid(message, name, code);
}
