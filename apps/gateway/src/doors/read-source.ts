import { isUtf8 } from 'node:buffer';
import { GatewayError } from '@parley/contracts';
import { findMembers } from '@parley/dialects';
import type { JsonBody } from '@parley/inference';

/** From the bytes of a body to JSON. Throws `invalid_json` and `invalid_request`; nothing has been sent yet. */
export function readSource(body: unknown): JsonBody {
  if (!Buffer.isBuffer(body) || body.length === 0) throw invalidJson('the body is empty');
  if (!isUtf8(body)) throw invalidJson('the body is not UTF-8');
  // Before parsing: it refuses what is nested too deep for recursive code, and what two parsers would read differently.
  const members = findMembers(body);
  return { bytes: body, members, value: parseJson(body) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw invalidJson(error instanceof Error ? error.message : 'it cannot be parsed');
  }
}

const invalidJson = (problem: string): GatewayError => new GatewayError('invalid_json', { values: { problem } });
