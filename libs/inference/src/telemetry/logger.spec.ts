import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.ts';

/** Logs one thing, and gives the line. */
function lineOf(fields: object): string {
  const lines: string[] = [];
  createLogger('gateway', 'info', { write: (line) => void lines.push(line) }).info(fields, 'a message');
  return lines.join('');
}

describe('the log', () => {
  it.each([
    { authorization: 'Bearer sk-secret' },
    { headers: { authorization: 'Bearer sk-secret', 'x-api-key': 'sk-secret' } },
    {
      request: { headers: { 'x-goog-api-key': 'sk-secret' }, body: { api_key: 'sk-secret', api_keys: ['sk-secret'] } },
    },
    {
      err: Object.assign(new Error('it failed'), { headers: { 'x-anything': 'sk-secret' }, parameters: ['sk-secret'] }),
    },
    { err: new Error('it failed', { cause: Object.assign(new Error('why'), { options: { apiKey: 'sk-secret' } }) }) },
  ])('hides keys (%j)', (fields) => {
    expect(lineOf(fields)).not.toContain('sk-secret');
  });

  it('says of an error what it is, its code, where it came from and what caused it', () => {
    const cause = new Error('the socket broke');
    const error = Object.assign(new TypeError('it failed', { cause }), { code: 'ECONNRESET' });
    const { err, app, msg } = JSON.parse(lineOf({ err: error })) as Record<string, Record<string, string>>;
    expect({ app, msg }).toEqual({ app: 'gateway', msg: 'a message' });
    expect(err).toMatchObject({ type: 'TypeError', code: 'ECONNRESET' });
    expect(err?.message).toBe('it failed: the socket broke');
    expect(err?.stack).toContain('logger.spec');
  });
});
