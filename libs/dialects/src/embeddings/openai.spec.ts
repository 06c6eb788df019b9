import { describe, expect, it } from '@jest/globals';
import type { EmbeddingsRequest } from '@parley/contracts';
import { findMembers } from '../json-members.ts';
import type { Target } from '../dialect.ts';
import { createOpenaiEmbeddings, openaiEmbeddings } from './openai.ts';
import { packFloats } from './vectors.ts';

const target: Target = { provider: 'here', upstreamModel: 'upstream', capabilities: {}, maxOutputTokens: null };
const request = (fields: object = {}): EmbeddingsRequest => ({ model: 'here/m', input: ['a', 'b'], ...fields });
const item = (index: number, embedding: unknown) => ({ object: 'embedding', index, embedding });
const answer = (fields: object = {}) => ({
  object: 'list',
  data: [item(0, [1, 0]), item(1, [0, 1])],
  model: 'upstream',
  usage: { prompt_tokens: 4, total_tokens: 4 },
  ...fields,
});
const decode = (body: unknown, asked = request()) =>
  openaiEmbeddings.decodeResponse(body, { request: asked, headers: {} });

describe('a request in OpenAI’s format', () => {
  const asked = request({ dimensions: 8, encoding_format: 'base64', models: ['x'], odd: 1 });

  it('has the upstream name of the model, and what the caller said beside it', () => {
    const before = structuredClone(asked);
    expect(openaiEmbeddings.encodeRequest(asked, target)).toEqual({
      body: { input: ['a', 'b'], dimensions: 8, encoding_format: 'base64', odd: 1, model: 'upstream' },
      losses: [],
    });
    expect(asked).toEqual(before);
  });

  it('is the caller’s bytes with the few changes', () => {
    const bytes = Buffer.from('{ "model":"here/m", "input": "\\u00e9",  "dimensions":8 }');
    const source = { bytes, members: findMembers(bytes), request: JSON.parse(bytes.toString()) as EmbeddingsRequest };
    expect(openaiEmbeddings.relay!.editRequest(source, target).toString()).toBe(
      '{ "model":"upstream", "input": "\\u00e9",  "dimensions":8 }',
    );
  });

  it('speaks the words of a vendor that has other ones', () => {
    const format = createOpenaiEmbeddings({ dimensions: 'output_dimension', numbersOnly: true, maxInputs: 5 });
    const { body } = format.encodeRequest(asked, target);
    expect(body).toEqual({ input: ['a', 'b'], odd: 1, model: 'upstream', output_dimension: 8 });
    const bytes = Buffer.from(JSON.stringify(asked));
    const edited = format.relay!.editRequest({ bytes, members: findMembers(bytes), request: asked }, target);
    expect(JSON.parse(edited.toString())).toEqual(body);
    expect(format.maxInputs).toBe(5);
  });
});

describe('an answer in OpenAI’s format', () => {
  it('gives vectors and tokens, and may go to the client as it is', () => {
    expect(decode(answer())).toEqual({
      vectors: [
        [1, 0],
        [0, 1],
      ],
      promptTokens: 4,
    });
    expect(openaiEmbeddings.relay!.isFaithful(answer(), request())).toBe(true);
  });

  it('is put into order by its indices', () => {
    const { vectors } = decode(answer({ data: [item(1, [0, 1]), item(0, [1, 0])] }));
    expect(vectors).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it.each([
    ['missing', [{ embedding: [1] }, { embedding: [2] }]],
    ['doubled', [item(0, [1]), item(0, [2])]],
    ['beyond the end', [item(1, [1]), item(2, [2])]],
    ['no array index', [item(-1, [1]), item(0.5, [2])]],
  ])('keeps its order where indices are %s', (_what, data) => {
    expect(decode(answer({ data })).vectors).toEqual([[1], [2]]);
    expect(openaiEmbeddings.relay!.isFaithful(answer({ data }), request())).toBe(false);
  });

  it.each([
    ['without usage', { usage: undefined }],
    ['with usage of nothing', { usage: { prompt_tokens: 0, total_tokens: 0 } }],
  ])('%s leaves the tokens open', (_what, fields) => {
    expect(decode(answer(fields)).promptTokens).toBeNull();
  });

  it.each([
    ['lacks usage', { usage: undefined }, {}],
    ['lacks its kind', { object: undefined }, {}],
    ['lacks its model', { model: undefined }, {}],
    ['is numbers where base64 was asked for', {}, { encoding_format: 'base64' }],
    ['is base64 where numbers were asked for', { data: [item(0, packFloats([1])), item(1, packFloats([2]))] }, {}],
  ])('that %s is written anew', (_what, fields, asked) => {
    expect(openaiEmbeddings.relay!.isFaithful(answer(fields), request(asked))).toBe(false);
  });

  it('that is an error is one, whatever its status said', () => {
    const body = { error: { message: 'overloaded', code: 503 } };
    expect(() => decode(body)).toThrow('provider_unavailable');
  });

  it.each([[null], [[]], ['text'], [{}], [{ data: [null, null] }], [{ data: [{}, {}] }]])(
    'that is %j is a bad one',
    (body) => {
      expect(() => decode(body)).toThrow('provider_bad_answer');
    },
  );
});
