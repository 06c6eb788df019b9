import { describe, expect, it } from '@jest/globals';
import { errorBody } from './error-body.ts';
import { ERROR_CODES, ERRORS, GatewayError } from './errors.ts';

describe('errorBody', () => {
  it('says null for what is not known, and leaves out what only some errors have', () => {
    expect(errorBody(new GatewayError('overloaded'), 'en', 'req_1')).toEqual({
      error: {
        message: 'The gateway is working at its full capacity; your request is in order.',
        type: 'server_error',
        code: 'overloaded',
        param: null,
        request_id: 'req_1',
        provider: null,
        retryable: true,
        retry_after: null,
        hint: 'Retry a little later.',
      },
    });
  });

  it('carries the provider, its words and the attempts', () => {
    const upstream = { status: 500, code: 'oops', message: 'It broke.' };
    const attempts = [{ provider: 'openai', model: 'm', code: 'provider_unavailable', duration_ms: 12 } as const];
    const error = new GatewayError('all_providers_failed', {
      provider: 'openai',
      retryAfterMs: 1_500,
      upstream,
      attempts,
    });
    expect(errorBody(error, 'ru', 'req_1').error).toMatchObject({
      message: 'Ни один провайдер не смог ответить на запрос: 1 неудачная попытка.',
      provider: 'openai',
      retry_after: 2,
      upstream,
      attempts,
    });
  });

  it.each(ERROR_CODES)("keeps the provider's words out of the message of %s", (code) => {
    const upstream = { status: 500, code: 'leak', message: 'leaked words' };
    const { message, hint, type, retryable } = errorBody(new GatewayError(code, { upstream }), 'en', 'req_1').error;
    expect(message + hint).not.toContain('leaked');
    expect({ type, retryable }).toEqual({ type: ERRORS[code].type, retryable: ERRORS[code].retryable });
  });

  it('names the field at fault', () => {
    const error = new GatewayError('unsupported_parameter', { param: 'logprobs', provider: 'anthropic' });
    expect(errorBody(error, 'en', 'req_1').error).toMatchObject({
      message: 'anthropic does not support `logprobs`.',
      param: 'logprobs',
      hint: 'Leave out `logprobs` or choose a model that supports it.',
    });
  });
});
