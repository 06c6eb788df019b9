import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BatchEndpoint, BatchObject, BatchResultLine } from '@parley/contracts';
import { createTestDatabase, generateApiKey, migrateQueues, type TestDatabase } from '@parley/persistence';
import { ready, startWorkerProcess, until, type WorkerProcess } from './fixtures/processes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MODELS = ['simulator/small', 'simulator-anthropic/small', 'simulator-gemini/small'];
/** What the simulator is told to count for each line. */
const COUNTED = '[[sim:usage 100 20 40]]';
const [INPUT_TOKENS, OUTPUT_TOKENS] = [100, 20];

type Fields = Record<string, unknown>;
type Line = { custom_id: string; method?: string; url?: string; body: Fields };

/** A door of batches: what is asked at it, and what its clients read. */
type BatchDoor = {
  endpoint: BatchEndpoint;
  body: (model: string, text: string) => Fields;
  /** Without this a body is none. */
  required: string;
  answer: Fields;
  error: (message: RegExp) => Fields;
};

const openaiError = (message: RegExp): Fields => ({
  error: expect.objectContaining({ message: expect.stringMatching(message), code: expect.any(String) }),
});

const DOORS: BatchDoor[] = [
  {
    endpoint: '/v1/chat/completions',
    body: (model, content) => ({ model, messages: [{ role: 'user', content }] }),
    required: 'messages',
    answer: {
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'You said: Hello' } }],
      usage: { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 40 } },
    },
    error: openaiError,
  },
  {
    endpoint: '/v1/responses',
    body: (model, input) => ({ model, input }),
    required: 'input',
    answer: {
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'You said: Hello' }] }],
      usage: { input_tokens: 100, output_tokens: 20, input_tokens_details: { cached_tokens: 40 } },
    },
    error: openaiError,
  },
  {
    endpoint: '/v1/messages',
    body: (model, content) => ({ model, max_tokens: 1000, messages: [{ role: 'user', content }] }),
    required: 'max_tokens',
    answer: {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'You said: Hello' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 60, output_tokens: 20, cache_read_input_tokens: 40 },
    },
    error: (message) => ({
      type: 'error',
      error: { type: expect.stringMatching(/_error$/), message: expect.stringMatching(message) },
      request_id: expect.stringMatching(/^req_/),
    }),
  },
];

const adminKey = generateApiKey();
const processes: WorkerProcess[] = [];
let database: TestDatabase;
let directory: string;
let url: string;
beforeAll(async () => {
  const built = ['apps/worker', 'apps/gateway', 'apps/simulator'];
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-b', ...built], { cwd: ROOT });
  database = await createTestDatabase();
  await migrateQueues({ DATABASE_URL: database.url, QUEUE: 'postgres', REDIS_URL: undefined });
  directory = mkdtempSync(join(tmpdir(), 'parley-doors-'));
  const start = async (app: string, variables: Record<string, string>): Promise<number> => {
    const started = startWorkerProcess(`../../../${app}/dist/main.js`, variables);
    processes.push(started);
    return ready(started);
  };
  const simulatorPort = await start('simulator', { SIMULATOR_PORT: '0' });
  const common = {
    DATABASE_URL: database.url,
    ENCRYPTION_MASTER_KEY: '5a'.repeat(32),
    ADMIN_KEY: adminKey,
    QUEUE: 'postgres',
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'error',
    SIMULATOR_URL: `http://127.0.0.1:${simulatorPort}`,
    SPOOL_DIR: join(directory, 'spool'),
  };
  url = `http://127.0.0.1:${await start('gateway', common)}`;
  await start('worker', common);
}, 90_000);
afterAll(async () => {
  for (const { process: child } of processes) child.kill('SIGKILL');
  await Promise.all(processes.map(({ exited }) => exited));
  await database?.drop();
  rmSync(directory, { recursive: true, force: true });
});

type Init = { method?: string; headers?: Record<string, string>; body?: string | FormData };

async function call(path: string, init: Init = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${adminKey}`, ...init.headers };
  const response = await fetch(url + path, { ...init, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function createBatch(endpoint: BatchEndpoint, source: object): Promise<string> {
  const body = JSON.stringify({ endpoint, completion_window: '24h', ...source });
  const headers = { 'content-type': 'application/json' };
  return ((await (await call('/v1/batches', { method: 'POST', headers, body })).json()) as BatchObject).id;
}

async function upload(endpoint: BatchEndpoint, lines: Line[]): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'batch');
  const text = lines.map((line) => JSON.stringify({ method: 'POST', url: endpoint, ...line })).join('\n');
  form.set('file', new Blob([text]), 'batch.jsonl');
  return ((await (await call('/v1/files', { method: 'POST', body: form })).json()) as { id: string }).id;
}

const SOURCES: [name: string, of: (endpoint: BatchEndpoint, lines: Line[]) => Promise<object>][] = [
  ['in a file', async (endpoint, lines) => ({ input_file_id: await upload(endpoint, lines) })],
  ['inline', (_endpoint, requests) => Promise.resolve({ requests })],
];

const ended = (id: string): Promise<BatchObject> =>
  until(
    async () => {
      const batch = (await (await call(`/v1/batches/${id}`)).json()) as BatchObject;
      return ['completed', 'failed'].includes(batch.status) && batch;
    },
    30_000,
    'the batch ends',
  );

async function linesOf(fileId: string | null): Promise<Map<string, BatchResultLine>> {
  const text = await (await call(`/v1/files/${fileId}/content`)).text();
  const lines = text.trimEnd().split('\n');
  return new Map(lines.map((line) => JSON.parse(line) as BatchResultLine).map((line) => [line.custom_id, line]));
}

describe.each(DOORS)('a batch at $endpoint', ({ endpoint, body, required, answer, error }) => {
  const good = MODELS.map((model) => ({ custom_id: model, body: body(model, `${COUNTED} Hello`) }));

  it.each(SOURCES)(
    '%s is answered by every provider, each line in the words of its door',
    async (_name, sourceOf) => {
      const wrong: [id: string, body: Fields, status: number, message: RegExp][] = [
        ...MODELS.map((model): [string, Fields, number, RegExp] => [
          `refused by ${model}`,
          body(model, '[[sim:error 400]]'),
          400,
          /./,
        ]),
        ['incomplete', { ...body(MODELS[0]!, 'Hello'), [required]: undefined }, 400, new RegExp(required)],
        ['unknown', body('nowhere/m', 'Hello'), 404, /nowhere\/m/],
      ];
      const lines = [...good, ...wrong.map(([id, asked]) => ({ custom_id: id, body: asked }))];
      const id = await createBatch(endpoint, await sourceOf(endpoint, lines));
      const batch = await ended(id);
      const counts = { total: lines.length, completed: good.length, failed: wrong.length };
      expect(batch).toMatchObject({ status: 'completed', endpoint, request_counts: counts });
      const [output, errors] = [await linesOf(batch.output_file_id), await linesOf(batch.error_file_id)];
      expect([...output.keys(), ...errors.keys()].toSorted()).toEqual(lines.map((line) => line.custom_id).toSorted());
      for (const model of MODELS) {
        expect(output.get(model)).toMatchObject({ response: { status_code: 200, body: answer }, error: null });
      }
      for (const [name, , status, message] of wrong) {
        const { response } = errors.get(name)!;
        expect([name, response]).toEqual([
          name,
          expect.objectContaining({ status_code: status, body: error(message) }),
        ]);
      }
      await expectCharged(id, [...output.values()]);
    },
    60_000,
  );

  it.each<[string, Partial<Line> & Fields, string]>([
    ['asks for a stream', { body: { ...body(MODELS[0]!, 'Hi'), stream: true } }, 'body.stream'],
    ['names no model', { body: { ...body(MODELS[0]!, 'Hi'), model: undefined } }, 'body.model'],
    ['goes to another door', { url: '/v1/embeddings' }, 'url'],
    ['has the name of another', { custom_id: MODELS[0]! }, 'custom_id'],
    ['has no body', { body: 5 as never }, 'body'],
  ])('is refused whole where a line %s, with the line’s number', async (_what, fields, param) => {
    for (const [, sourceOf] of SOURCES) {
      const lines = [...good, { custom_id: 'wrong', body: body(MODELS[0]!, 'Hi'), ...fields }];
      const batch = await ended(await createBatch(endpoint, await sourceOf(endpoint, lines)));
      expect(batch).toMatchObject({
        status: 'failed',
        errors: { data: [{ line: 4, param, message: expect.any(String) }] },
        output_file_id: null,
      });
    }
  });
});

/** The ledger has a row for each answer, and together they are what was counted. */
async function expectCharged(batchId: string, answers: BatchResultLine[]): Promise<void> {
  const rows: { id: string; input: number; output: number; outcome: string }[] = await database.dataSource.query(
    `SELECT id, input_tokens::int AS input, output_tokens::int AS output, outcome FROM usage_events WHERE batch_id = $1`,
    [batchId],
  );
  const paid = rows.filter(({ outcome }) => outcome === 'success');
  expect(paid.map((row) => row.id).toSorted()).toEqual(answers.map(({ response }) => response!.request_id).toSorted());
  expect(paid.map(({ input, output }) => [input, output])).toEqual(paid.map(() => [INPUT_TOKENS, OUTPUT_TOKENS]));
}
