import { describe, expect, it } from '@jest/globals';
import { UpstreamFailureError } from '@parley/dialects';
import { hideSecret } from './hide-secret.ts';

const failing = (message: string | null, code: string | null): UpstreamFailureError =>
  new UpstreamFailureError({
    code: 'provider_refused_request',
    retryable: false,
    upstream: { status: 400, code, message },
  });

describe('hideSecret', () => {
  it('takes the key out of all that a provider said', () => {
    const hidden = hideSecret(failing('s3cret is no key: s3cret', 'bad_s3cret'), 's3cret');
    expect(hidden).toMatchObject({
      failure: { code: 'provider_refused_request', upstream: { code: 'bad_***', message: '*** is no key: ***' } },
    });
  });

  it('leaves alone what holds no key, and what is no failure of a provider', () => {
    const harmless = failing('no', null);
    expect(hideSecret(harmless, 's3cret')).toBe(harmless);
    expect(hideSecret(harmless, undefined)).toBe(harmless);
    const other = new Error('s3cret');
    expect(hideSecret(other, 's3cret')).toBe(other);
  });
});
