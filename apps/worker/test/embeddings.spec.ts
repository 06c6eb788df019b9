import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBatchRun, type BatchRun } from './fixtures/batch-run.ts';

let server: BatchRun;
beforeAll(async () => {
  const connections = ['openai', 'google'].map((name) => ({ name, provider: name }));
  server = await startBatchRun(connections, embed);
}, 60_000);
afterAll(() => server?.close());

/** Two vendors in one: a vector for each text, as each of them writes it. */
function embed(path: string, body: string): unknown {
  const request = JSON.parse(body) as { input: string | string[]; requests: unknown[] };
  if (path.endsWith(':batchEmbedContents')) return { embeddings: request.requests.map(() => ({ values: [0, 1] })) };
  const data = [request.input].flat().map((_, index) => ({ object: 'embedding', index, embedding: [1, 0] }));
  return { object: 'list', data, model: 'm', usage: { prompt_tokens: 1000, total_tokens: 1000 } };
}

it('a batch of embeddings is answered by the providers of its lines, and charged', async () => {
  const batch = await server.run('/v1/embeddings', {
    many: { model: 'openai/text-embedding-3-small', input: ['a', 'b'] },
    base64: { model: 'google/gemini-embedding-001', input: 'a', encoding_format: 'base64' },
    empty: { model: 'openai/text-embedding-3-small', input: '' },
    chat: { model: 'openai/gpt-4o', input: 'a' },
  });
  expect(batch).toMatchObject({ endpoint: '/v1/embeddings', request_counts: { total: 4, completed: 2, failed: 2 } });
  const output = await server.linesOf(batch.output_file_id);
  expect(output.get('many')).toMatchObject({
    status_code: 200,
    body: { object: 'list', data: [{ embedding: [1, 0] }, { index: 1 }], usage: { prompt_tokens: 1000 } },
  });
  const packed = Buffer.from(new Float32Array([0, 1]).buffer).toString('base64');
  expect(output.get('base64')).toMatchObject({ body: { data: [{ index: 0, embedding: packed }] } });
  const errors = await server.linesOf(batch.error_file_id);
  expect(errors.get('empty')?.body).toMatchObject({ error: { code: 'invalid_request', param: 'input' } });
  expect(errors.get('chat')?.body).toMatchObject({ error: { code: 'invalid_request', param: 'model' } });
  expect(await server.usage.find(output.get('many')!.request_id)).toMatchObject({
    mode: 'batch',
    route: '/v1/embeddings',
    batchId: batch.id,
    inputTokens: 1000,
    costNanoUsd: 20_000,
  });
  expect(await server.usage.find(output.get('base64')!.request_id)).toMatchObject({ inputTokens: 1, estimated: true });
}, 60_000);
