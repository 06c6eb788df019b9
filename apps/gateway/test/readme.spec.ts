import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@parley/persistence';

const ROOT = new URL('../../../', import.meta.url).pathname;
const START_DEADLINE_MS = 60_000;
/** What `npm start` runs, but on a database and in a folder of this test's. */
const START = `
  import { runParley } from '${ROOT}tools/supervisor/run-parley.mjs';
  const app = (name, file = 'main') => '${ROOT}apps/' + name + '/dist/' + file + '.js';
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.exit(await runParley({
    dataDirectory: process.argv[1],
    environment: process.env,
    build: [],
    entries: { migrate: app('gateway', 'migrate'), gateway: app('gateway'), worker: app('worker'), simulator: app('simulator') },
  }));
`;

const hasCurl = spawnSync('curl', ['--version']).status === 0;

let folder: string;
let database: TestDatabase;
let parley: ChildProcess;
/** What a reader has in the terminal after the first steps of the README. */
let environment: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-readme-'));
  database = await createTestDatabase();
  parley = spawn(process.execPath, ['--input-type=module', '--eval', START, folder], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, DATABASE_URL: database.url, QUEUE: 'postgres', PORT: '0' },
  });
  const welcome = await readWelcome(parley);
  const [url = ''] = /http:\S+/.exec(welcome) ?? [];
  const [key = ''] = /sk-parley-[\w-]{43}/.exec(welcome) ?? [];
  // curl as the README calls it ends with 0 whatever the status is.
  writeFileSync(join(folder, '.curlrc'), 'silent\nfail-with-body\n');
  environment = {
    PATH: process.env.PATH ?? '',
    CURL_HOME: folder,
    PARLEY_URL: url,
    PARLEY_KEY: key,
    ANTHROPIC_API_KEY: 'sk-ant-of-a-test',
  };
}, START_DEADLINE_MS);

afterAll(async () => {
  if (parley?.exitCode === null) {
    const ended = once(parley, 'exit');
    parley.kill('SIGTERM');
    await ended;
  }
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const commandsOf = (page: string): string[] => codeOf(page, 'sh').filter((code) => code.includes('curl '));

(hasCurl ? describe : describe.skip)(`the commands${hasCurl ? '' : ' (SKIPPED: no curl)'}`, () => {
  const [first = '', streamed = '', ...management] = commandsOf('README.md');

  it('of the first request get an answer', async () => {
    expect(await run('sh', ['-ec', first])).toContain('"content":"You said: Hello!"');
  });

  it('of the streamed request get a whole stream', async () => {
    const stream = await run('sh', ['-ec', streamed]);
    expect(stream).toContain('chat.completion.chunk');
    expect(stream).toMatch(/data: \[DONE\]\s*$/);
  });

  it('of the management API do what they say', async () => {
    const [provider, key, alias, ...others] = management;
    expect(others).toEqual([]);
    expect(await run('sh', ['-ec', provider!])).toContain('"name":"anthropic"');
    expect(await run('sh', ['-ec', key!])).toMatch(/"key":"sk-parley-[\w-]{43}"/);
    expect(await run('sh', ['-ec', alias!])).toContain('"name":"fast"');
  });

  it('of the page on providers connect a server and give its model a price', async () => {
    const [connection, model, ...others] = commandsOf('docs/providers/README.md');
    expect(others).toEqual([]);
    expect(await run('sh', ['-ec', connection!])).toContain('"name":"local"');
    expect(await run('sh', ['-ec', model!])).toContain('"model_id":"local/llama3.2"');
  });

  it('of the page on batches bring back both results', async () => {
    const [batch, ...others] = commandsOf('docs/batches.md');
    expect(others).toEqual([]);
    const output = await run('sh', ['-ec', batch!]);
    expect(output).toContain('You said: First');
    expect(output).toContain('You said: Second');
  });
});

describe('the JavaScript of the README', () => {
  const [chat = '', batch = '', ...others] = codeOf('README.md', 'js');

  it('prints the whole and the streamed answer', async () => {
    expect(others).toEqual([]);
    expect(await runScript(chat)).toBe('You said: Hello!\nYou said: Hello!');
  });

  it('prints a result for each line of the batch', async () => {
    const lines = (await runScript(batch)).trim().split('\n');
    const ids = lines.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
    expect(ids).toEqual(['question-1', 'question-2', 'question-3']);
  });
});

/** The fenced blocks of one language, in their order. */
function codeOf(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code);
}

/** From the root, where the README's `npm install openai` is done already; the files it makes stay in the folder. */
const runScript = (code: string): Promise<string> =>
  run(process.execPath, ['--input-type=module', '--eval', code], ROOT);

async function run(program: string, parameters: string[], cwd = folder): Promise<string> {
  const child = spawn(program, parameters, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode !== 0) throw new Error(`ended with ${exitCode}: ${complaint}${output}`);
  return output;
}

/** All that a start prints until it is ready. */
function readWelcome(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('Ctrl-C stops everything')) resolve(output);
      });
    }
    child.once('exit', () => reject(new Error(`Parley did not start:\n${output}`)));
  });
}
