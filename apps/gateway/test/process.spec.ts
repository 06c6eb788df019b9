import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, generateApiKey, type TestDatabase } from '@parley/persistence';
import { asking, parseStream, textOf } from './support/chat-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';

const MAIN = new URL('../dist/main.js', import.meta.url).pathname;
const ADMIN_KEY = generateApiKey();

let database: TestDatabase;
let simulator: SimulatorProcess;
let spoolDirectory: string;
beforeAll(async () => {
  [database, simulator] = await Promise.all([createTestDatabase(), startSimulatorProcess()]);
  spoolDirectory = await mkdtemp(join(tmpdir(), 'parley-spool-'));
});
afterAll(async () => {
  await simulator?.close();
  await database?.drop();
  await rm(spoolDirectory, { recursive: true, force: true });
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

type Started = { child: ChildProcess; exited: Promise<{ code: number | null; complaint: string }> };

/** Starts the built gateway with nothing but these variables. */
function start(variables: Record<string, string>): Started {
  const child = fork(MAIN, { env: { PATH: process.env.PATH, ...variables }, silent: true });
  children.push(child);
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  child.stdout!.resume();
  // Not 'close': it never comes once the channel was let go of.
  const ended = Promise.all([once(child, 'exit'), once(child.stderr!, 'end')]);
  const exited = ended.then(([[code]]) => ({ code: code as number | null, complaint }));
  return { child, exited };
}

const fine = (): Record<string, string> => ({
  DATABASE_URL: database.url,
  ENCRYPTION_MASTER_KEY: 'ab'.repeat(32),
  ADMIN_KEY,
  PORT: '0',
  METRICS_PORT: '0',
  LOG_LEVEL: 'silent',
  SIMULATOR_URL: simulator.url,
  SPOOL_DIR: spoolDirectory,
});

async function ready({ child, exited }: Started): Promise<string> {
  const message = once(child, 'message') as Promise<[{ type: string; port: number }]>;
  const first = await Promise.race([message, exited]);
  if (!Array.isArray(first)) throw new Error(`it ended instead: ${first.complaint}`);
  expect(first[0]).toEqual({ type: 'ready', port: expect.any(Number) });
  return `http://127.0.0.1:${first[0].port}`;
}

const chat = (url: string, body: object): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify(body),
  });

describe('the gateway as a process', () => {
  it('lists every problem of its environment at once, by name, and exits with 78', async () => {
    const { exited } = start({
      PORT: 'many',
      DATABASE_URL: 'mysql://x',
      LOG_LEVEL: 'loud',
      ADMIN_KEY: 'secret-admin',
      AUTH: 'off',
      HOST: '0.0.0.0',
    });
    const { code, complaint } = await exited;
    expect(code).toBe(78);
    const names = ['PORT', 'DATABASE_URL', 'ENCRYPTION_MASTER_KEY', 'LOG_LEVEL', 'ADMIN_KEY', 'AUTH'];
    for (const name of names) expect(complaint).toMatch(new RegExp(`^  ${name}: .`, 'm'));
    expect(complaint.trim().split('\n')).toHaveLength(names.length + 1);
    expect(complaint).not.toContain('secret-admin');
  });

  it.each(['PORT', 'METRICS_PORT'])('says in one line that its %s is taken, and exits with 78', async (variable) => {
    const squatter: Server = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const port = String((squatter.address() as AddressInfo).port);
    const { code, complaint } = await start({ ...fine(), [variable]: port }).exited;
    squatter.close();
    expect(code).toBe(78);
    expect(complaint).toContain(port);
    expect(complaint.trim().split('\n')).toHaveLength(1);
  });

  it('starts from an empty database, serves the simulator, and ends well on SIGTERM', async () => {
    const started = start(fine());
    const url = await ready(started);
    for (const path of ['live', 'ready', 'startup']) expect((await fetch(`${url}/health/${path}`)).status).toBe(200);
    const answer: unknown = await (await chat(url, asking('default', 'Hi'))).json();
    expect(answer).toMatchObject({ choices: [{ message: { content: 'You said: Hi' } }] });
    started.child.kill('SIGTERM');
    expect(await started.exited).toEqual({ code: 0, complaint: '' });
  });

  it('lets a running stream end before it goes', async () => {
    const started = start(fine());
    const url = await ready(started);
    const request = asking('simulator/small', '[[sim:drip 50]] [[sim:long 20]]', { stream: true });
    const response = await chat(url, request);
    started.child.kill('SIGTERM');
    const seen = parseStream(await response.text());
    expect(seen.done).toBe(true);
    expect(textOf(seen).split(' ')).toHaveLength(20);
    expect((await started.exited).code).toBe(0);
  });

  it('tells what is left that it shuts down when the time to drain is over', async () => {
    const started = start({ ...fine(), DRAIN_TIMEOUT_S: '1' });
    const url = await ready(started);
    const request = asking('simulator/small', '[[sim:drip 100]] [[sim:long 1000]]', { stream: true });
    const response = await chat(url, request);
    started.child.kill('SIGTERM');
    const startedMs = performance.now();
    expect(await response.text()).toContain('"code":"server_shutting_down"');
    expect((await started.exited).code).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(4000);
  });

  it('goes when its supervisor is gone', async () => {
    const started = start(fine());
    await ready(started);
    started.child.disconnect();
    expect((await started.exited).code).toBe(0);
  });
});
