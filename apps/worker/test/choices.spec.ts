import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBatchRun, type BatchRun } from './fixtures/batch-run.ts';

let server: BatchRun;
let count = 0;
beforeAll(async () => {
  server = await startBatchRun([{ name: 'anthropic', provider: 'anthropic' }], () => {
    count += 1;
    const content = [{ type: 'text', text: `answer ${count}` }];
    const usage = { input_tokens: 1000, output_tokens: 10 };
    return { id: 'msg', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'end_turn', usage };
  });
}, 60_000);
afterAll(() => server?.close());

it('a line of a batch gets as many choices as it asks for, and is charged for all of them', async () => {
  const body = { model: 'anthropic/claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hi' }] };
  const batch = await server.run('/v1/chat/completions', { three: { ...body, n: 3 }, many: { ...body, n: 17 } });
  const output = await server.linesOf(batch.output_file_id);
  const { choices } = output.get('three')!.body as { choices: { message: { content: string } }[] };
  expect(choices.map(({ message }) => message.content).sort()).toEqual(['answer 1', 'answer 2', 'answer 3']);
  const errors = await server.linesOf(batch.error_file_id);
  expect(errors.get('many')?.body).toMatchObject({ error: { code: 'invalid_request', param: 'n' } });
  expect(count).toBe(3);
  const row = await server.usage.find(output.get('three')!.request_id);
  // At $3 and $15 a million tokens.
  expect(row).toMatchObject({ mode: 'batch', inputTokens: 3000, outputTokens: 30, costNanoUsd: 3 * 3_150_000 });
}, 60_000);
