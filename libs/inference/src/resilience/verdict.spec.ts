import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, ERRORS, GatewayError } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import { codeOf, isUnhealthy, mayFallBack, outcomeOf, toGatewayError } from './verdict.ts';

describe('the verdict on a failure', () => {
  it("calls it the caller's fault only where the status says so too", () => {
    for (const code of ERROR_CODES) {
      const outcome = outcomeOf(new GatewayError(code));
      if (outcome === 'rejected')
        expect({ code, isCallers: ERRORS[code].status < 500 }).toEqual({ code, isCallers: true });
      if (ERRORS[code].status >= 500) expect({ code, outcome }).toEqual({ code, outcome: 'error' });
    }
    expect(outcomeOf(new GatewayError('client_closed_request'))).toBe('cancelled');
  });

  it('never holds against a provider what is not its doing', () => {
    const blamed = ERROR_CODES.filter((code) => isUnhealthy(new GatewayError(code)));
    expect(blamed.filter((code) => !/^(provider|upstream)_/.test(code))).toEqual([]);
    expect(blamed).not.toContain('provider_rate_limited');
    expect(blamed).not.toContain('provider_refused_request');
  });

  it('takes everything unexpected for an error of our own', () => {
    for (const error of [new TypeError('x'), 'text', undefined]) {
      expect([codeOf(error), outcomeOf(error), isUnhealthy(error)]).toEqual(['internal_error', 'error', false]);
      expect(toGatewayError(error, 'p', 'm')).toBe(error);
    }
  });

  it('shows what a provider said for programs where its words concern the caller, and nowhere else', () => {
    const shown = (code: 'provider_refused_request' | 'provider_auth_failed') => {
      const upstream = { status: 400, code: null, message: 'words', details: { error_code: 'x' } };
      const error = toGatewayError(new UpstreamFailureError({ code, retryable: false, upstream }), 'p', 'm');
      return (error as GatewayError).details.upstream;
    };
    expect(shown('provider_refused_request')).toMatchObject({ message: 'words', details: { error_code: 'x' } });
    expect(shown('provider_auth_failed')).toEqual({ status: 400, code: null, message: null });
  });

  it('lets every failure of a provider be tried elsewhere, but what it filtered', () => {
    for (const code of ERROR_CODES.filter((each) => /^(provider|upstream)_/.test(each))) {
      expect({ code, may: mayFallBack(new GatewayError(code)) }).toEqual({ code, may: true });
    }
    expect(mayFallBack(new GatewayError('content_filtered'))).toBe(false);
  });
});
