import { describe, expect, it } from '@jest/globals';
import { GatewayError, type ErrorCode } from '@parley/contracts';
import { badAnswer } from '@parley/dialects';
import { errors } from 'undici';
import { AddressNotAllowedError } from './address-guard.ts';
import { BodyTooLargeError } from './exchange.ts';
import { transportFailure } from './transport-failure.ts';

const quiet = new AbortController().signal;

describe('transport errors in our words', () => {
  it.each<[name: string, error: Error, code: ErrorCode, retryable: boolean]>([
    ['a private address', new AddressNotAllowedError('10.0.0.1'), 'address_not_allowed', false],
    ['too much of a body', new BodyTooLargeError(), 'provider_bad_answer', false],
    ['no head in time', new errors.HeadersTimeoutError(), 'provider_timeout', false],
    ['silence in the body', new errors.BodyTimeoutError(), 'provider_stalled', false],
    ['no HTTP', new errors.HTTPParserError('bad'), 'provider_bad_answer', true],
    ['a wrong length', new errors.ResponseContentLengthMismatchError(), 'provider_bad_answer', true],
    ['endless headers', new errors.HeadersOverflowError(), 'provider_bad_answer', false],
    ['a connection that never was', new errors.ConnectTimeoutError('10.0.0.1:443'), 'provider_unreachable', true],
    [
      'a refusal',
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' }),
      'provider_unreachable',
      true,
    ],
    [
      'a certificate',
      Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      'provider_unreachable',
      true,
    ],
  ])('%s', (_name, error, code, retryable) => {
    const failure = transportFailure(error, quiet);
    expect(failure).toMatchObject({
      name: 'UpstreamFailureError',
      failure: { code, retryable, upstream: { status: null } },
    });
    expect(JSON.stringify(failure)).not.toContain('10.0.0.1');
  });

  it('leave a failure of the provider as it is', () => {
    const failure = badAnswer('x');
    expect(transportFailure(failure, quiet)).toBe(failure);
  });

  it("are the caller's own reason when the caller gave up, whatever the socket says", () => {
    const reason = new GatewayError('client_closed_request');
    expect(transportFailure(new errors.SocketError('closed'), AbortSignal.abort(reason))).toBe(reason);
  });
});
