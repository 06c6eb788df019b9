import { describe, expect, it } from '@jest/globals';
import type { DialectId, EmbeddingsRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { HeaderMap, Target } from '../dialect.ts';
import { bedrockEmbeddings } from './bedrock.ts';
import type { EmbeddingsFormat } from './format.ts';
import { embeddingsFormatOf } from './formats.ts';
import { vertexEmbeddings } from './gemini.ts';

type Case = {
  format: EmbeddingsFormat;
  model: string;
  /** The body for the texts `a` and `b`, or for `a` where a call takes one. */
  body: unknown;
  /** Its answer, with vectors of length 5 and 2 tokens. */
  answer: unknown;
  headers?: HeaderMap;
};

const content = (text: string) => ({ parts: [{ text }] });
const instance = (values: number[], tokens: number) => ({
  embeddings: { values, statistics: { token_count: tokens } },
});
const formatOf = (dialect: DialectId, model: string): EmbeddingsFormat => embeddingsFormatOf(dialect, model)!;

const CASES: [string, Case][] = [
  [
    'the Gemini API',
    {
      format: formatOf('gemini-generate-content', 'gemini-embedding-001'),
      model: 'gemini-embedding-001',
      body: {
        requests: [
          { model: 'models/gemini-embedding-001', content: content('a') },
          { model: 'models/gemini-embedding-001', content: content('b') },
        ],
      },
      answer: { embeddings: [{ values: [3, 4] }, { values: [4, 3] }], usageMetadata: { promptTokenCount: 2 } },
    },
  ],
  [
    'a text model on Vertex AI',
    {
      format: vertexEmbeddings('text-embedding-005'),
      model: 'text-embedding-005',
      body: { instances: [{ content: 'a' }, { content: 'b' }], parameters: {} },
      answer: { predictions: [instance([3, 4], 1), instance([4, 3], 1)] },
    },
  ],
  [
    'Gemini Embedding 001 on Vertex AI',
    {
      format: vertexEmbeddings('gemini-embedding-001'),
      model: 'gemini-embedding-001',
      body: { instances: [{ content: 'a' }], parameters: {} },
      answer: { predictions: [instance([3, 4], 2)] },
    },
  ],
  [
    'Gemini Embedding 2 on Vertex AI',
    {
      format: vertexEmbeddings('gemini-embedding-2'),
      model: 'gemini-embedding-2',
      body: { content: content('a') },
      answer: { embedding: { values: [3, 4] }, usageMetadata: { promptTokenCount: 2 } },
    },
  ],
  [
    'Titan on Bedrock',
    {
      format: bedrockEmbeddings('amazon.titan-embed-text-v2:0')!,
      model: 'amazon.titan-embed-text-v2:0',
      body: { inputText: 'a' },
      answer: { embedding: [3, 4], inputTextTokenCount: 2, embeddingsByType: { float: [3, 4] } },
    },
  ],
  [
    'Cohere on Bedrock',
    {
      format: bedrockEmbeddings('us.cohere.embed-v4:0')!,
      model: 'us.cohere.embed-v4:0',
      body: { texts: ['a', 'b'], input_type: 'search_document', embedding_types: ['float'] },
      answer: {
        embeddings: {
          float: [
            [3, 4],
            [4, 3],
          ],
        },
        response_type: 'embeddings_by_type',
        texts: ['a', 'b'],
      },
      headers: { 'x-amzn-bedrock-input-token-count': '2' },
    },
  ],
  [
    'Cohere',
    {
      format: formatOf('cohere-chat', 'embed-v4.0'),
      model: 'embed-v4.0',
      body: { model: 'embed-v4.0', texts: ['a', 'b'], input_type: 'search_document', embedding_types: ['float'] },
      answer: {
        embeddings: {
          float: [
            [3, 4],
            [4, 3],
          ],
        },
        meta: { billed_units: { input_tokens: 2 } },
      },
    },
  ],
  [
    'Ollama',
    {
      format: formatOf('ollama-chat', 'nomic-embed-text'),
      model: 'nomic-embed-text',
      body: { model: 'nomic-embed-text', input: ['a', 'b'] },
      answer: {
        model: 'nomic-embed-text',
        embeddings: [
          [3, 4],
          [4, 3],
        ],
        prompt_eval_count: 2,
      },
    },
  ],
];

const targetOf = (upstreamModel: string): Target => ({
  provider: 'here',
  upstreamModel,
  capabilities: {},
  maxOutputTokens: null,
});
const asking = ({ format }: Case, fields: object = {}): EmbeddingsRequest => ({
  model: 'here/m',
  input: format.maxInputs === 1 ? ['a'] : ['a', 'b'],
  ...fields,
});

describe.each(CASES)('%s', (_name, known) => {
  const { format, model, answer, headers = {} } = known;
  const encode = (fields: object = {}) => format.encodeRequest(asking(known, fields), targetOf(model));
  const vectors =
    format.maxInputs === 1
      ? [[3, 4]]
      : [
          [3, 4],
          [4, 3],
        ];

  it('is asked in its own words', () => {
    expect(encode()).toEqual({ body: known.body, losses: [] });
  });

  it('gives vectors and tokens', () => {
    expect(format.decodeResponse(answer, { request: asking(known), headers })).toEqual({ vectors, promptTokens: 2 });
  });

  it('is not asked about tokens, and is not told who the user is', () => {
    expect(encode({ input: [1, 2] }).losses).toMatchObject([{ param: 'input', action: 'refused' }]);
    expect(encode({ user: 'u' })).toEqual({
      body: known.body,
      losses: [expect.objectContaining({ param: 'user', action: 'dropped' })],
    });
  });

  it('is asked the same twice, and leaves the request alone', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: format.maxInputs }), (input) => {
        const request = asking(known, { input, dimensions: 256, user: 'u' });
        const before = structuredClone(request);
        const [first, second] = [1, 2].map(() => JSON.stringify(format.encodeRequest(request, targetOf(model))));
        expect(first).toBe(second);
        expect(request).toEqual(before);
      }),
    );
  });

  it.each([[null], ['text'], [[]], [{}], [{ embeddings: null }], [{ predictions: [{}] }], [{ embedding: 'x' }]])(
    'answers badly with %j',
    (body) => {
      expect(() => format.decodeResponse(body, { request: asking(known), headers })).toThrow('provider_bad_answer');
    },
  );

  it('leaves the tokens open where they were not counted', () => {
    const counts = ['usageMetadata', 'inputTextTokenCount', 'meta', 'prompt_eval_count', 'statistics'];
    const uncounted: unknown = JSON.parse(JSON.stringify(answer), (key, value: unknown) =>
      counts.includes(key) ? undefined : value,
    );
    const decoded = format.decodeResponse(uncounted, { request: asking(known), headers: {} });
    expect(decoded).toEqual({ vectors, promptTokens: null });
  });
});

describe('the size of the vectors', () => {
  const caseOf = (name: string): Case => CASES.find(([known]) => known === name)![1];
  const encode = (name: string, dimensions: number, model = caseOf(name).model) =>
    caseOf(name).format.encodeRequest(asking(caseOf(name), { dimensions }), targetOf(model));

  it.each([
    ['the Gemini API', { requests: [{ outputDimensionality: 256 }, { outputDimensionality: 256 }] }],
    ['a text model on Vertex AI', { parameters: { outputDimensionality: 256 } }],
    ['Gemini Embedding 2 on Vertex AI', { embedContentConfig: { outputDimensionality: 256 } }],
    ['Titan on Bedrock', { dimensions: 256 }],
    ['Cohere on Bedrock', { output_dimension: 256 }],
    ['Cohere', { output_dimension: 256 }],
    ['Ollama', { dimensions: 256 }],
  ])('is asked of %s', (name, body) => {
    expect(encode(name, 256)).toMatchObject({ body, losses: [] });
  });

  it.each([
    ['Titan on Bedrock', 300, undefined, '256, 512, 1024'],
    ['Titan on Bedrock', 256, 'amazon.titan-embed-text-v1', 'one size only'],
    ['Cohere', 256, 'embed-english-v3.0', 'one size only'],
    ['Cohere', 2000, undefined, 'no vectors that large'],
  ])('is refused where %s cannot make it (%d, %s)', (name, dimensions, model, reason) => {
    expect(encode(name, dimensions, model).losses).toMatchObject([
      { param: 'dimensions', action: 'refused', reason: expect.stringContaining(reason) },
    ]);
  });

  it('between two of Cohere’s is cut from the larger one, which is made for that', () => {
    expect(encode('Cohere', 300).body).toMatchObject({ output_dimension: 512 });
    const known = caseOf('Cohere');
    const answer = {
      embeddings: {
        float: [
          [3, 4, 12],
          [0, 2, 5],
        ],
      },
    };
    const request = asking(known, { dimensions: 2 });
    expect(known.format.decodeResponse(answer, { request, headers: {} }).vectors).toEqual([
      [0.6, 0.8],
      [0, 1],
    ]);
  });

  it('smaller than Google’s own is brought to length 1, which Google leaves to others', () => {
    const known = caseOf('the Gemini API');
    const request = asking(known, { dimensions: 2 });
    expect(known.format.decodeResponse(known.answer, { request, headers: {} }).vectors).toEqual([
      [0.6, 0.8],
      [0.8, 0.6],
    ]);
  });
});

it('lets callers of Cohere say what the texts are for, and what to do with long ones', () => {
  const { body, losses } = formatOf('cohere-chat', 'embed-v4.0').encodeRequest(
    { model: 'm', input: 'x', input_type: 'search_query', truncate: 'END' },
    targetOf('embed-v4.0'),
  );
  expect(body).toMatchObject({ input_type: 'search_query', truncate: 'END' });
  expect(losses).toEqual([]);
});

it('tells Gemini what the texts are for, and leaves that out elsewhere', () => {
  const task = { taskType: 'RETRIEVAL_DOCUMENT', title: 'T' };
  const encode = (dialect: DialectId) =>
    formatOf(dialect, 'm').encodeRequest({ model: 'c/m', input: 'a', ...task }, targetOf('m'));
  expect(encode('gemini-generate-content')).toEqual({
    body: { requests: [{ model: 'models/m', content: content('a'), ...task }] },
    losses: [],
  });
  const { body, losses } = encode('openai-chat');
  expect(body).toEqual({ model: 'm', input: 'a' });
  expect(losses).toMatchObject(Object.keys(task).map((param) => ({ param, action: 'dropped' })));
});

it('reads the floats that earlier Cohere models give without a type', () => {
  const format = bedrockEmbeddings('cohere.embed-english-v3')!;
  const answer = { embeddings: [[1, 2]], response_type: 'embeddings_floats' };
  const request = { model: 'm', input: 'x' };
  expect(format.decodeResponse(answer, { request, headers: {} }).vectors).toEqual([[1, 2]]);
});

it('knows an error of Google inside a good answer', () => {
  const body = { error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' } };
  const format = formatOf('gemini-generate-content', 'gemini-embedding-001');
  expect(() => format.decodeResponse(body, { request: { model: 'm', input: 'x' }, headers: {} })).toThrow(
    'provider_rate_limited',
  );
});

it('makes no embeddings where there are none to be had', () => {
  expect(embeddingsFormatOf('anthropic-messages', 'claude')).toBeUndefined();
  expect(embeddingsFormatOf('bedrock-converse', 'anthropic.claude-v3')).toBeUndefined();
  expect(embeddingsFormatOf('openai-responses', 'any')).toBe(embeddingsFormatOf('openai-chat', 'any'));
});
