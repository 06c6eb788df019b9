import { Body, Param, Query, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { GatewayError, invalidRequest } from '@parley/contracts';
import type { z } from 'zod';

/** The body, checked. The schema also becomes the route's `requestBody` in the API description. */
export const ReadBody = (schema: z.ZodType): ParameterDecorator => Body({ schema, pipes: [new SchemaPipe(schema)] });

/** The query string, checked. */
export const ReadQuery = (schema: z.ZodType): ParameterDecorator => Query({ schema, pipes: [new SchemaPipe(schema)] });

class SchemaPipe implements PipeTransform {
  constructor(private readonly schema: z.ZodType) {}

  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    return parseInput(this.schema, type === 'query' ? { ...(value as object) } : value);
  }
}

/** Reads a value by its schema, or throws `invalid_request` that names the field and says what is wrong with it. */
export function parseInput<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const param = [...issue.path, ...(unknown === undefined ? [] : [unknown])].join('.') || 'body';
  throw invalidRequest(param, describe(issue));
}

const NOUNS: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'is not a known field';
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'is required';
      return `must be ${NOUNS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of: ${issue.values.join(', ')}`;
    case 'too_small':
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}

type Named = 'provider' | 'model' | 'alias' | 'key' | 'request';

/** The name or id in the path, decoded; `*` is the rest of the path, for ids that hold slashes. */
export const ReadName = (what: Named, param: string): ParameterDecorator => Param(param, new NamePipe(what));

/** Postgres cannot even compare text with a NUL in it: nothing has such a name. */
class NamePipe implements PipeTransform {
  constructor(private readonly what: Named) {}

  transform(name: string): string {
    if (/\p{Cc}/u.test(name) || !name.isWellFormed()) throw notFound(this.what, name);
    return name;
  }
}

export function notFound(what: Named, id: string): GatewayError {
  return new GatewayError('not_found', { values: { what, id } });
}
