import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { numberAt, type Json } from './json.ts';

const MAIN = new URL('../dist/main.js', import.meta.url).pathname;
/** The built process is what is promised; `tsc -b apps/simulator` makes it. */
const whenBuilt = existsSync(MAIN) ? describe : describe.skip;
const children: ChildProcess[] = [];

function start(port: number): ChildProcess {
  const child = fork(MAIN, { env: { ...process.env, NODE_OPTIONS: '', SIMULATOR_PORT: String(port) }, silent: true });
  children.push(child);
  return child;
}

async function portOf(child: ChildProcess): Promise<number> {
  const [message] = (await once(child, 'message')) as [Json];
  return numberAt(message, 'port');
}

async function exitCodeOf(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'exit');
  return code;
}

whenBuilt('the process', () => {
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('tells its port when it is ready, and ends well on SIGTERM', async () => {
    const child = start(0);
    const port = await portOf(child);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exitCodeOf(child)).toBe(0);
  });

  it('ends when its parent lets go', async () => {
    const child = start(0);
    await portOf(child);
    child.disconnect();
    expect(await exitCodeOf(child)).toBe(0);
  });

  it('says so in one line when its port is taken, and exits with 78', async () => {
    const port = await portOf(start(0));
    const second = start(port);
    let complaint = '';
    second.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    expect(await exitCodeOf(second)).toBe(78);
    expect(complaint).toBe(`simulator: port ${port} on 127.0.0.1 is taken; set SIMULATOR_PORT to another one\n`);
  });
});
