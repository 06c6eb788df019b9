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

  it('takes out every part of a key that has several, and short words in none', () => {
    const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 's3cret/and+long', nested: { region: 'eu' } };
    const secret = JSON.stringify(keys);
    const hidden = hideSecret(failing(`AKIDEXAMPLE with s3cret/and+long in eu: ${secret}`, 'AKIDEXAMPLE'), secret);
    expect(hidden).toMatchObject({ failure: { upstream: { code: '***', message: '*** with *** in eu: ***' } } });
    expect(hideSecret(failing('eu', null), secret)).toMatchObject({ failure: { upstream: { message: 'eu' } } });
  });

  it('takes a key that only looks like one of several as it is', () => {
    expect(hideSecret(failing('{broken-key is bad', null), '{broken-key')).toMatchObject({
      failure: { upstream: { message: '*** is bad' } },
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
