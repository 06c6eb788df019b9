import { describe, expect, it } from '@jest/globals';
import { scrubSecrets } from './scrub.ts';

describe('scrubSecrets', () => {
  it.each([
    ['Incorrect API key provided: sk-ant-api03-abcDEF_123.', 'Incorrect API key provided: ***'],
    ['key sk-proj-ab***********yz is wrong', 'key *** is wrong'],
    ['sent Bearer abc.def-123 to us', 'sent Bearer *** to us'],
    ['GET /v1beta/models?key=AIzaSyA1234567890123456789&alt=sse', 'GET /v1beta/models?key=***&alt=sse'],
    ['access_token=abcdef, next', 'access_token=***, next'],
    ['{"x-api-key": "0123456789abcdef"}', '{"x-api-key": "***"}'],
    ['bare AIzaSyA1234567890123456789', 'bare ***'],
    ['gsk_abcdefghijklmnop and hf_abcdefghijklmnop', '*** and ***'],
    ['id AKIAIOSFODNN7EXAMPLE', 'id ***'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', '***'],
  ])('hides the credential in %j', (text, expected) => {
    expect(scrubSecrets(text)).toBe(expected);
  });

  it.each([
    'prompt is too long: 3333404 tokens > 200000 maximum',
    'messages.0.role: unexpected value',
    'max_tokens: 99999 > 8192, which is the maximum',
    'This model does not support effort level xhigh',
    'the task-force of risk-taking desk-bound people',
    '',
  ])('leaves honest text alone: %j', (text) => {
    expect(scrubSecrets(text)).toBe(text);
  });
});
