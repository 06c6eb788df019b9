import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { decodeEmbeddingsRequest, inputsOf, listDropped, textsOf } from './request.ts';

const model = 'openai/text-embedding-3-small';

function refusalOf(body: unknown): { param: unknown; problem: unknown } {
  try {
    decodeEmbeddingsRequest(body);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request') {
      return { param: error.details.values?.['param'], problem: error.details.values?.['problem'] };
    }
    throw error;
  }
  throw new Error('the body was accepted');
}

describe('a request for embeddings', () => {
  it.each<[string, unknown, unknown[]]>([
    ['a text', 'hello', ['hello']],
    ['texts', ['a', 'b'], ['a', 'b']],
    ['one text as tokens', [1, 2, 3], [[1, 2, 3]]],
    ['several texts as tokens', [[1], [2, 3]], [[1], [2, 3]]],
  ])('may hold %s', (_what, input, inputs) => {
    const body = { model, input, encoding_format: 'base64', dimensions: 256, user: 'u', odd: { kept: true } };
    const request = decodeEmbeddingsRequest(body);
    expect(request).toBe(body);
    expect(inputsOf(request)).toEqual(inputs);
  });

  it('may hold 2048 inputs, and one text of any number of tokens', () => {
    expect(() => decodeEmbeddingsRequest({ model, input: Array<string>(2048).fill('x') })).not.toThrow();
    expect(() => decodeEmbeddingsRequest({ model, input: Array<number>(5000).fill(7) })).not.toThrow();
  });

  it.each<[string, object, string, string]>([
    ['no model', { input: 'x' }, 'model', 'is required'],
    ['an empty model', { model: '', input: 'x' }, 'model', 'too small'],
    ['no input', { model }, 'input', 'is required'],
    ['null for an input', { model, input: null }, 'input', 'is required'],
    ['an object for an input', { model, input: {} }, 'input', 'must be a text, a list of texts, or tokens'],
    ['an empty text', { model, input: '' }, 'input', 'must not be empty'],
    ['an empty list', { model, input: [] }, 'input', 'must not be empty'],
    ['an empty text among others', { model, input: ['a', '', 'c'] }, 'input.1', 'must not be empty'],
    ['a null among texts', { model, input: ['a', null] }, 'input.1', 'must be a text'],
    ['a list of nulls', { model, input: [null] }, 'input.0', 'must be a text or a list of tokens'],
    ['tokens among texts', { model, input: ['a', [1]] }, 'input.1', 'must be a text'],
    ['a text among tokens', { model, input: [[1], 'a'] }, 'input.1', 'must be a text or a list of tokens'],
    ['a text among the tokens of one input', { model, input: [1, 'a'] }, 'input.1', 'must be a token'],
    ['a broken token', { model, input: [1, 2.5] }, 'input.1', 'must be a token'],
    ['a negative token', { model, input: [[3], [4, -1]] }, 'input.1.1', 'must be a token'],
    ['an input without tokens', { model, input: [[1], []] }, 'input.1', 'must not be empty'],
    ['too many inputs', { model, input: Array<string>(2049).fill('x') }, 'input', 'at most 2048'],
    ['another encoding', { model, input: 'x', encoding_format: 'int8' }, 'encoding_format', 'expected one of'],
    ['no dimensions', { model, input: 'x', dimensions: 0 }, 'dimensions', 'too small'],
    ['broken dimensions', { model, input: 'x', dimensions: 1.5 }, 'dimensions', 'int'],
    ['a number for a user', { model, input: 'x', user: 7 }, 'user', 'expected string'],
  ])('with %s is refused, naming the field', (_what, body, param, problem) => {
    const refusal = refusalOf(body);
    expect(refusal.param).toBe(param);
    expect(refusal.problem).toContain(problem);
  });

  it.each([[null], [[]], ['text'], [7]])('that is %j is no request', (body) => {
    expect(refusalOf(body).param).toBe('body');
  });
});

describe('a vendor that takes characters only', () => {
  it('gets the texts', () => {
    expect(textsOf({ model, input: ['a', 'b'] })).toEqual({ texts: ['a', 'b'], losses: [] });
  });

  it('is not asked about tokens', () => {
    expect(textsOf({ model, input: [1, 2] }).losses).toMatchObject([{ param: 'input', action: 'refused' }]);
  });
});

it('names what a vendor has no word for, but for what is set to nothing or meant for the gateway', () => {
  const request = { model, input: 'x', user: 'u', truncate: 'END', odd: null, models: ['a'], provider: {} };
  expect(listDropped(request, ['truncate'])).toMatchObject([{ param: 'user', action: 'dropped' }]);
});
