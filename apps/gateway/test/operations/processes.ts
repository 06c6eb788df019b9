import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, generateApiKey, type TestDatabase } from '@parley/persistence';

const scriptOf = (app: string): string => new URL(`../../../${app}/dist/main.js`, import.meta.url).pathname;

export type Listening = { port: number; metricsPort: number };

export type AppProcess = {
  child: ChildProcess;
  /** What it wrote to standard output and standard error so far. */
  output(): string;
  /** Resolves with its exit code. */
  exited: Promise<number | null>;
  /** Resolves with the port that it told its supervisor: a worker's is the one of its health and metrics. */
  ready: Promise<number>;
  /** Where a gateway says that it listens, which it does before it is ready. */
  listens(): Promise<Listening>;
};

const LISTENS = /"port":(\d+),"metrics_port":(\d+)/;

/** Starts a built app with nothing but these variables, as its supervisor does. */
export function startApp(app: 'gateway' | 'worker' | 'simulator', variables: Record<string, string>): AppProcess {
  const child = fork(scriptOf(app), { env: { PATH: process.env.PATH, ...variables }, execArgv: [], silent: true });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => (text += piece.toString()));
  // What it wrote last can arrive after its end.
  const ends = [once(child, 'exit'), once(child.stdout!, 'end'), once(child.stderr!, 'end')] as const;
  const exited = Promise.all(ends).then(([[code]]) => code as number | null);
  const ready = Promise.race([once(child, 'message'), exited]).then((first) => {
    if (!Array.isArray(first)) throw new Error(`${app} ended with ${first}: ${text}`);
    return (first[0] as { port?: number }).port ?? 0;
  });
  // Not every test waits for it.
  ready.catch(() => undefined);
  const listens = async (): Promise<Listening> => {
    const find = (): RegExpExecArray | null => LISTENS.exec(text);
    await until(() => Promise.resolve(find()), 15_000, 'it listens');
    const [, port, metricsPort] = find()!;
    return { port: Number(port), metricsPort: Number(metricsPort) };
  };
  return { child, output: () => text, exited, ready, listens };
}

/** What every gateway here stands on: a database and a simulator of its own. */
export class Stand {
  readonly adminKey = generateApiKey();
  private readonly children: ChildProcess[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly simulatorUrl: string,
    private readonly directory: string,
    simulator: ChildProcess,
  ) {
    this.children.push(simulator);
  }

  static async start(): Promise<Stand> {
    const simulator = startApp('simulator', { SIMULATOR_PORT: '0' });
    const [database, port] = await Promise.all([createTestDatabase(), simulator.ready]);
    const directory = await mkdtemp(join(tmpdir(), 'parley-operations-'));
    return new Stand(database, `http://127.0.0.1:${port}`, directory, simulator.child);
  }

  /** Everything that an app needs to run here, on any free ports. */
  get variables(): Record<string, string> {
    return {
      DATABASE_URL: this.database.url,
      ENCRYPTION_MASTER_KEY: 'ab'.repeat(32),
      ADMIN_KEY: this.adminKey,
      QUEUE: 'postgres',
      PORT: '0',
      METRICS_PORT: '0',
      LOG_LEVEL: 'debug',
      SIMULATOR_URL: this.simulatorUrl,
      SPOOL_DIR: join(this.directory, 'spool'),
    };
  }

  start(app: 'gateway' | 'worker', variables: Record<string, string> = {}): AppProcess {
    const started = startApp(app, { ...this.variables, ...variables });
    this.children.push(started.child);
    return started;
  }

  async close(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    await this.database.drop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export const chatBody = (content: string, more: object = {}): string =>
  JSON.stringify({ model: 'simulator/small', messages: [{ role: 'user', content }], ...more });

export function chat(port: number, key: string, content: string, more: object = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: chatBody(content, more),
  });
}

export const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { error?: { code?: string } }).error?.code;

export async function until(probe: () => Promise<unknown>, withinMs: number, what: string): Promise<void> {
  for (const endsAt = Date.now() + withinMs; Date.now() < endsAt; await sleep(50)) if (await probe()) return;
  throw new Error(`Not within ${withinMs} ms: ${what}`);
}
