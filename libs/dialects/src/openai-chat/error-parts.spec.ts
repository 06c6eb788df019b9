import { describe, expect, it } from '@jest/globals';
import { readErrorParts } from './error-parts.ts';

describe('the words of an error body', () => {
  it.each<[shape: string, body: unknown, expected: object]>([
    [
      "OpenAI's",
      { error: { message: 'm', code: 'c', type: 't', param: 'n' } },
      { message: 'm', code: 'c', type: 't', param: 'n' },
    ],
    ["xAI's", { code: 'c', error: 'm' }, { message: 'm', code: 'c' }],
    ["Mistral's", { detail: 'm' }, { message: 'm' }],
    ["Cohere's", { id: 'x', message: 'm' }, { message: 'm' }],
    ["Databricks'", { error_code: 'c', message: 'm' }, { message: 'm', code: 'c' }],
    ["Azure's", { error: { code: 'c', message: 'm', status: 400 } }, { message: 'm', code: 'c', status: 400 }],
    ["OpenRouter's", { error: { code: 402, message: 'm' } }, { message: 'm', code: '402', status: 402 }],
    ["Google's", [{ error: { code: 400, message: 'm' } }], { message: 'm', code: '400', status: 400 }],
    [
      'a code that is no status',
      { error: { code: '1113', message: 'm' } },
      { message: 'm', code: '1113', status: null },
    ],
    ['text', 'm', { message: 'm' }],
    ['a page', '<html>m</html>', { message: null }],
    ['nothing', undefined, { message: null, code: null, type: null, param: null, status: null }],
    ['an empty list', [], { message: null }],
    ['what is no text', { error: { message: { a: 1 }, code: {} } }, { message: null, code: null }],
  ])('%s', (_shape, body, expected) => {
    expect(readErrorParts(body)).toMatchObject(expected);
  });

  it('reads what a validator says, and where', () => {
    const detail = [
      { loc: ['body', 'messages', 0, 'role'], msg: 'Input should be a role' },
      { loc: ['body', 'top_k'], msg: 'Extra inputs are not permitted' },
    ];
    for (const body of [{ detail }, { object: 'error', message: { detail }, type: 'invalid_request_error' }]) {
      const { param, message } = readErrorParts(body);
      expect(param).toBe('messages.0.role');
      expect(message).toBe('messages.0.role: Input should be a role; top_k: Extra inputs are not permitted');
    }
  });

  it.each<[name: string, raw: unknown, expected: string]>([
    ['text', 'x is limited upstream', 'Provider returned error: x is limited upstream'],
    ['JSON as text', '{"error":{"message":"slow down"}}', 'Provider returned error: slow down'],
    ['an object', { message: 'slow down' }, 'Provider returned error: slow down'],
    ['a page', '<html></html>', 'Provider returned error'],
    ['JSON that says nothing', '{}', 'Provider returned error: {}'],
    ['nothing', null, 'Provider returned error'],
  ])('tells the words behind OpenRouter: %s', (_name, raw, expected) => {
    const error = { code: 429, message: 'Provider returned error', metadata: { raw, provider_name: 'A' } };
    expect(readErrorParts({ error }).message).toBe(expected);
  });
});
