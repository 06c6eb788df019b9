import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { preparePostgres, unprivilegedAccount } from './postgres.mjs';
import { Supervisor } from './supervisor/supervisor.mjs';

const isLinuxRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe('the embedded Postgres', () => {
  let dataDirectory: string;
  let logFile: string;
  let supervisor: Supervisor;

  beforeEach(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'parley postgres-'));
    logFile = join(dataDirectory, 'postgres.log');
    supervisor = new Supervisor({ ledger: { add: () => {}, remove: () => {} }, say: () => {} });
  });

  afterEach(async () => {
    await supervisor.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  it('says why the database cannot be created, and leaves nothing that looks like one', async () => {
    const output = 'creating directory ...\ninitdb: error: could not create directory: No space left on device\n';
    supervisor.runTask = async () => ({ exitCode: 1, output });
    await expect(preparePostgres({ dataDirectory, logFile, supervisor })).rejects.toThrow(/No space left on device$/);
    expect(existsSync(join(dataDirectory, 'pg18/data'))).toBe(false);
  });

  (isLinuxRoot ? it : it.skip)(
    `runs as nobody where root has no user namespaces${isLinuxRoot ? '' : ' (SKIPPED: only root can become nobody)'}`,
    async () => {
      const account = unprivilegedAccount();
      const { url, program } = await preparePostgres({ dataDirectory, logFile, supervisor, durable: false, account });
      let pid = 0;
      const launch = () => {
        const child = program.launch();
        pid = child.pid ?? 0;
        return child;
      };
      await supervisor.keepRunning({ ...program, launch });

      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query('show data_directory');
      await client.end();
      const { data_directory: cluster } = rows[0] as { data_directory: string };
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(
        new RegExp(`^Uid:\\s+${account.options.uid}\\b`, 'm'),
      );

      await supervisor.stop();
      rmSync(join(cluster, '..'), { recursive: true, force: true });
    },
  );
});
