import { fork } from 'node:child_process';
import { once } from 'node:events';

const MAIN = new URL('../../../simulator/dist/main.js', import.meta.url).pathname;

/** What the simulator's journal says of one request. */
export type JournalEntry = {
  dialect: 'openai' | 'openai-responses' | 'anthropic' | 'gemini';
  model: string | null;
  stream: boolean;
  roles: string[];
  markers: string[];
  status: number | null;
  aborted: boolean;
};

export type SimulatorProcess = {
  /** Without a trailing slash. */
  url: string;
  /** The last requests, the oldest first. */
  journal(): Promise<JournalEntry[]>;
  /** Forgets the journal and the counts of `flaky`. */
  reset(): Promise<void>;
  close(): Promise<void>;
};

/** The built simulator as a process of its own, on any free port; `tsc -b` makes it. */
export async function startSimulatorProcess(): Promise<SimulatorProcess> {
  const env = { ...process.env, NODE_OPTIONS: '', SIMULATOR_PORT: '0', HOST: '127.0.0.1' };
  const child = fork(MAIN, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const ready = once(child, 'message') as Promise<[{ port: number }]>;
  const started = await Promise.race([ready, exited.then(() => undefined)]);
  if (!started) throw new Error(`the simulator did not start; is ${MAIN} built?`);
  const url = `http://127.0.0.1:${started[0].port}`;
  return {
    url,
    async journal() {
      const answer = await fetch(`${url}/__sim/requests`);
      return ((await answer.json()) as { requests: JournalEntry[] }).requests;
    },
    async reset() {
      await fetch(`${url}/__sim/reset`, { method: 'POST' });
    },
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
