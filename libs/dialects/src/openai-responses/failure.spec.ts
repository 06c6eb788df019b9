import { describe, expect, it } from '@jest/globals';
import { ownParam } from './door-params.ts';
import { decodeFailure, decodeOwnFailure } from './failure.ts';

const refusal = (fields: object) => ({ error: { message: 'm', type: 'invalid_request_error', code: null, ...fields } });

describe('decodeFailure', () => {
  it.each([
    ['input[3].content[0].image_url', 'messages'],
    ['max_output_tokens', 'max_completion_tokens'],
    ['text.format.schema', 'response_format'],
    ['text.verbosity', 'verbosity'],
    ['reasoning.effort', 'reasoning_effort'],
    ['temperature', 'temperature'],
  ])('names %s as %s', (param, name) => {
    expect(decodeFailure(400, {}, refusal({ param }))).toMatchObject({ code: 'provider_refused_request', param: name });
  });

  it('takes a missing item for no missing model', () => {
    const message = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.";
    expect(decodeFailure(404, {}, refusal({ message, param: 'input' })).code).toBe('provider_refused_request');
    expect(decodeFailure(404, {}, refusal({ message: 'The model does not exist' })).code).toBe('model_not_found');
  });

  it('reads state that the provider cannot read as a refused request', () => {
    const message = 'The encrypted content could not be verified.';
    expect(decodeFailure(400, {}, refusal({ message, code: 'invalid_encrypted_content' }))).toMatchObject({
      code: 'provider_refused_request',
      retryable: false,
      upstream: { status: 400, code: 'invalid_encrypted_content', message },
    });
  });
});

describe('towards clients of this API', () => {
  it('a relay names what the provider names', () => {
    const { param } = decodeOwnFailure(400, {}, refusal({ param: 'input[3].content[0].image_url' }));
    expect(param).toBe('input.3.content.0.image_url');
  });

  it.each([
    ['messages.0.content.1', 'input'],
    ['max_completion_tokens', 'max_output_tokens'],
    ['response_format.json_schema.schema', 'text.format.schema'],
    ['response_format', 'text.format'],
    ['verbosity', 'text.verbosity'],
    ['reasoning_effort', 'reasoning.effort'],
    ['tools.2.function.parameters', 'tools.2.parameters'],
    ['tools.2', 'tools.2'],
    ['input.0.role', 'input.0.role'],
  ])('a translation calls %s %s', (param, own) => {
    expect(ownParam(param)).toBe(own);
  });
});
