import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, errorBody, GatewayError, type ErrorCode, type UpstreamDetail } from '@parley/contracts';
import { encodeFailure, encodeStreamFailure } from './door-failure.ts';

function failure(code: ErrorCode, upstream?: UpstreamDetail) {
  const error = new GatewayError(code, upstream && { upstream });
  return encodeFailure(errorBody(error, 'en', 'req_1'), error.status);
}

/** Source: https://docs.claude.com/en/api/errors */
const TYPES = [
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'rate_limit_error',
  'api_error',
  'timeout_error',
  'overloaded_error',
];

describe('an error for an Anthropic client', () => {
  it.each(ERROR_CODES)('%s has the shape and a type that clients know', (code) => {
    const { error, ...rest } = failure(code) as { error: { type: string; message: string } };
    expect(rest).toEqual({ type: 'error', request_id: 'req_1' });
    expect(Object.keys(error)).toEqual(['type', 'message']);
    expect(TYPES).toContain(error.type);
    expect(error.message).not.toBe('');
  });

  it.each<[ErrorCode, string]>([
    ['invalid_json', 'invalid_request_error'],
    ['invalid_api_key', 'authentication_error'],
    ['budget_exceeded', 'billing_error'],
    ['model_not_allowed', 'permission_error'],
    ['model_not_found', 'not_found_error'],
    ['method_not_allowed', 'invalid_request_error'],
    ['request_too_large', 'request_too_large'],
    ['provider_rate_limited', 'rate_limit_error'],
    ['provider_unavailable', 'api_error'],
    ['provider_timeout', 'timeout_error'],
    ['overloaded', 'overloaded_error'],
  ])('%s is %s', (code, type) => {
    expect(failure(code)).toMatchObject({ error: { type } });
  });

  it('says when Anthropic itself is overloaded', () => {
    const upstream = { status: 529, code: 'overloaded_error', message: null };
    expect(failure('provider_unavailable', upstream)).toMatchObject({ error: { type: 'overloaded_error' } });
  });

  it('of a prompt that is too long begins with the words that clients look for', () => {
    expect(failure('context_length_exceeded')['error']).toMatchObject({
      message: expect.stringMatching(/^prompt is too long: /),
    });
  });

  it('of a thread tells the SDK to go on without one', () => {
    const refuse = (param: string) =>
      encodeFailure(errorBody(new GatewayError('unsupported_parameter', { param }), 'en', 'req_1'), 400);
    const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };
    expect(refuse('thread')).toMatchObject({ error: { type: 'invalid_request_error', details } });
    expect(refuse('top_k')).not.toHaveProperty('error.details');
    const upstream = { status: 400, code: null, message: 'thread: Extra inputs are not permitted' };
    expect(failure('provider_refused_request', upstream)).toMatchObject({ error: { details } });
  });

  it('has the details that Anthropic gave', () => {
    const details = { error_code: 'credits_required' };
    const upstream = { status: 429, code: 'rate_limit_error', message: null, details };
    expect(failure('provider_rate_limited', upstream)).toMatchObject({ error: { details } });
  });

  it('keeps a provider’s words and the advice apart', () => {
    const values = { provider: 'p', detail: 'messages: too many' };
    const error = new GatewayError('provider_refused_request', { values });
    expect(encodeFailure(errorBody(error, 'en', 'req_1'), 400)['error']).toMatchObject({
      message: expect.stringContaining('messages: too many. Correct'),
    });
  });

  it('is an event of that name inside a stream', () => {
    expect(encodeStreamFailure({ type: 'error' })).toBe('event: error\ndata: {"type":"error"}\n\n');
  });
});
