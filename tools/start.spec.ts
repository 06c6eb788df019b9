import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startParley, waitUntil, type StartedParley } from './fixtures/started-parley.ts';
import { findRedisProgram } from './redis.mjs';

const READY = 'Ctrl-C stops everything.';

const canSeeProcesses = existsSync('/proc/self/environ');
const suite = canSeeProcesses ? describe : describe.skip;

suite(`npm start${canSeeProcesses ? '' : ' (SKIPPED: no /proc to look for left-over processes)'}`, () => {
  let dataDirectory: string;
  let started: StartedParley[];

  const startWithPostgres = async (environment?: Record<string, string>) => {
    const parley = await startParley(dataDirectory, environment);
    started.push(parley);
    return parley;
  };
  // Quicker, where Postgres is not the point: the server of the test run is there already.
  const start = (environment?: Record<string, string>) =>
    startWithPostgres({ DATABASE_URL: process.env['PARLEY_TEST_DATABASE_URL'] ?? '', ...environment });
  const environmentOf = async (url: string): Promise<Record<string, string>> =>
    (await (await fetch(`${url}/environment`)).json()) as Record<string, string>;

  beforeEach(() => {
    // A space in the path, as in many home folders.
    dataDirectory = mkdtempSync(join(tmpdir(), 'parley start-'));
    started = [];
  });

  afterEach(async () => {
    for (const parley of started) for (const pid of parley.processes()) process.kill(pid, 'SIGKILL');
    await waitUntil(
      () => started.every((parley) => parley.processes().length === 0),
      () => 'killed processes are still there',
    );
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  it('prints the address, the key and a curl once the gateway is ready, and leaves no process after Ctrl-C', async () => {
    const parley = await startWithPostgres();
    await parley.waitForOutput(READY);

    const environment = await environmentOf(parley.url);
    expect(environment['ADMIN_KEY']).toMatch(/^sk-parley-[\w-]{43}$/);
    expect(environment['ENCRYPTION_MASTER_KEY']).toMatch(/^[0-9a-f]{64}$/);
    expect(environment['DATABASE_URL']).toMatch(/^postgres:/);
    expect(environment['QUEUE']).toBe('postgres');
    expect(environment['SIMULATOR_URL']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(parley.output()).toContain(`curl ${parley.url}/v1/chat/completions`);
    expect(parley.output()).toContain(`Bearer ${environment['ADMIN_KEY']}`);
    expect(parley.processes().length).toBeGreaterThan(4);

    parley.signal('SIGINT');
    expect(await parley.exitCode()).toBe(0);
    expect(parley.processes()).toEqual([]);
    expect(existsSync(join(dataDirectory, 'supervisor.lock'))).toBe(false);
  });

  it('keeps data and secrets for the next start, the secrets readable by their owner only', async () => {
    const first = await startWithPostgres();
    await first.waitForOutput(READY);
    const before = await environmentOf(first.url);
    first.signal('SIGTERM');
    await first.exitCode();

    const second = await startWithPostgres({ SIMULATOR: 'off' });
    await second.waitForOutput(READY);
    const after = await environmentOf(second.url);
    expect(after['ADMIN_KEY']).toBe(before['ADMIN_KEY']);
    expect(after['ENCRYPTION_MASTER_KEY']).toBe(before['ENCRYPTION_MASTER_KEY']);
    expect(after['SIMULATOR']).toBe('off');
    expect(after['SIMULATOR_URL']).toBeUndefined();
    expect(statSync(join(dataDirectory, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('takes the two signals that npm makes of one Ctrl-C for one', async () => {
    const parley = await start();
    await parley.waitForOutput(READY);
    parley.signal('SIGINT');
    parley.signal('SIGINT');
    expect(await parley.exitCode()).toBe(0);
  });

  it('leaves nothing behind when it is interrupted at any moment of the start', async () => {
    const moments = ['[2/', '[3/', '[4/', '[5/'];
    for (const moment of moments) {
      const parley = await startWithPostgres();
      await parley.waitForOutput(moment);
      parley.signal('SIGINT');
      await parley.exitCode();
      expect({ moment, left: parley.processes() }).toEqual({ moment, left: [] });
    }
    const last = await startWithPostgres();
    await last.waitForOutput(READY);
  });

  it('cleans up after a killed supervisor at the next start', async () => {
    const killed = await startWithPostgres();
    await killed.waitForOutput(READY);
    killed.signal('SIGKILL');
    await killed.exitCode();
    expect(killed.processes().length).toBeGreaterThan(0);

    const next = await startWithPostgres();
    await next.waitForOutput(READY);
    expect(killed.processes()).toEqual([]);
    expect(next.output()).toContain('Ended what an earlier start left running');
  });

  it('ends a forgotten Postgres even when the notes about it are lost', async () => {
    const killed = await startWithPostgres();
    await killed.waitForOutput(READY);
    killed.signal('SIGKILL');
    await killed.exitCode();
    rmSync(join(dataDirectory, 'processes.json'));

    const next = await startWithPostgres();
    await next.waitForOutput(READY);
    await waitUntil(
      () => killed.processes().length === 0,
      () => 'the old server still runs',
    );
  });

  it('never touches a process that only has the pid of an old one', async () => {
    const pidOfTheTest = process.pid;
    const entry = { name: 'gateway', pid: pidOfTheTest, identity: 'another boot/1', stopSignal: 'SIGKILL' };
    writeFileSync(join(dataDirectory, 'processes.json'), JSON.stringify([entry]));
    const parley = await start();
    await parley.waitForOutput(READY);
    expect(parley.output()).not.toContain('Ended what');
  });

  it('restarts an app that crashes', async () => {
    const parley = await start();
    await parley.waitForOutput(READY);
    const { pid } = await environmentOf(parley.url);
    await fetch(`${parley.url}/crash`).catch(() => {});
    await parley.waitForOutput('gateway ended (code 1); starting it again in 0.5 s');
    await waitUntil(
      async () => {
        const answer = await environmentOf(parley.url).catch(() => undefined);
        return answer !== undefined && answer['pid'] !== pid;
      },
      () => 'the gateway did not come back',
    );
  });

  it('restarts Postgres on the same address when it is killed', async () => {
    const parley = await startWithPostgres();
    await parley.waitForOutput(READY);
    const pidFile = join(dataDirectory, 'pg18/data/postmaster.pid');
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await parley.waitForOutput('Postgres ended (SIGKILL)');
    await waitUntil(
      () =>
        existsSync(pidFile) &&
        /ready/.test(readFileSync(pidFile, 'utf8')) &&
        !readFileSync(pidFile, 'utf8').startsWith(`${pid}\n`),
      () => 'Postgres did not come back',
    );
  });

  it('stops everything with exit code 78 when a running app finds its configuration broken', async () => {
    const parley = await start();
    await parley.waitForOutput(READY);
    await fetch(`${parley.url}/exit-78`).catch(() => {});
    expect(await parley.exitCode()).toBe(78);
    expect(parley.processes()).toEqual([]);
  });

  it('stops everything with exit code 78 when an app refuses its configuration at the start', async () => {
    const parley = await start({ FIXTURE_EXIT_78: 'worker' });
    expect(await parley.exitCode()).toBe(78);
    expect(parley.output()).toContain('worker: FIXTURE_EXIT_78 is set');
    expect(parley.processes()).toEqual([]);
  });

  it('says in one line that the port is taken, before it starts anything', async () => {
    const squatter = net.createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as net.AddressInfo;
    const parley = await start({ PORT: String(port) });
    expect(await parley.exitCode()).toBe(78);
    squatter.close();
    expect(parley.output().trim()).toBe(
      `Port ${port} is taken: stop the program that listens on it, or choose another: PORT=${port + 1} npm start`,
    );
    expect(existsSync(join(dataDirectory, 'pg18'))).toBe(false);
  });

  it.each([
    [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535, but is "http".'],
    [{ QUEUE: 'kafka' }, 'QUEUE must be "redis" or "postgres", but is "kafka".'],
    [{ SIMULATOR: 'maybe' }, 'SIMULATOR must be "on" or "off", but is "maybe".'],
  ])('refuses %j with one line that names the variable', async (environment, line) => {
    const parley = await start(environment);
    expect(await parley.exitCode()).toBe(78);
    expect(parley.output()).toContain(line);
    expect(parley.processes()).toEqual([]);
  });

  it('refuses a second supervisor on the same data', async () => {
    const first = await start();
    await first.waitForOutput('[2/');
    const second = await start();
    expect(await second.exitCode()).toBe(78);
    expect(second.output()).toContain(`Parley is already running on ${dataDirectory}`);
    expect(second.output().trim().split('\n')).toHaveLength(1);
    await first.waitForOutput(READY);
  });

  it('takes over the lock of a supervisor that is gone', async () => {
    writeFileSync(
      join(dataDirectory, 'supervisor.lock'),
      JSON.stringify({ pid: process.pid, identity: 'another boot/1' }),
    );
    const parley = await start();
    await parley.waitForOutput(READY);
  });

  it('says in one line that the disk is full', async () => {
    symlinkSync('/dev/full', join(dataDirectory, 'secrets.json.draft'));
    const parley = await start();
    expect(await parley.exitCode()).toBe(1);
    expect(parley.output().trim()).toMatch(/^Cannot write .*: the disk is full: make room and start again\.$/);
  });

  it('says in one line that the data folder cannot be written', async () => {
    rmSync(dataDirectory, { recursive: true });
    writeFileSync(dataDirectory, 'a file where the folder should be');
    const parley = await start();
    expect(await parley.exitCode()).toBe(1);
    expect(parley.output().trim()).toMatch(/^Cannot write .*remove or rename it\.$/);
  });

  const redis = findRedisProgram();
  (redis ? it : it.skip)(
    `keeps the queue in a private Redis and ends it too${redis ? '' : ' (SKIPPED: no redis or valkey program)'}`,
    async () => {
      const parley = await start({ QUEUE: '' });
      await parley.waitForOutput(READY);
      const environment = await environmentOf(parley.url);
      expect(environment['QUEUE']).toBe('redis');
      expect(environment['REDIS_URL']).toMatch(/^redis:\/\/:[\w-]+@127\.0\.0\.1:\d+$/);
      parley.signal('SIGINT');
      expect(await parley.exitCode()).toBe(0);
      expect(parley.processes()).toEqual([]);
    },
  );

  it('kills everything at once on a second Ctrl-C', async () => {
    const parley = await start({ FIXTURE_IGNORE_SIGTERM: 'worker' });
    await parley.waitForOutput(READY);
    parley.signal('SIGINT');
    await delay(700);
    parley.signal('SIGINT');
    expect(await parley.exitCode()).toBe(130);
    await waitUntil(
      () => parley.processes().length === 0,
      () => 'something survived',
    );
  });
});
