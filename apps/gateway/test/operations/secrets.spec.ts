import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateApiKey } from '@parley/persistence';
import { chat, Stand, type AppProcess } from './processes.ts';

const PROVIDER_KEY = `sk-provider-${randomBytes(16).toString('hex')}`;
const UNKNOWN_KEY = generateApiKey();

let stand: Stand;
let gateway: AppProcess;
let port: number;
let metricsPort: number;
beforeAll(async () => {
  stand = await Stand.start();
  gateway = stand.start('gateway', {
    LOG_LEVEL: 'trace',
    OPENAI_API_KEY: PROVIDER_KEY,
    OPENAI_BASE_URL: `${stand.simulatorUrl}/openai/v1`,
  });
  port = await gateway.ready;
  ({ metricsPort } = await gateway.listens());
});
afterAll(() => stand?.close());

const PROMPTS = ['Hi', '[[sim:error 401]]', '[[sim:error 500]]', '[[sim:cut 2]]', '[[sim:fail 2]]', '[[sim:nonsense]]'];

/** Good and bad calls with every header that carries a key; gives all that the gateway answered. */
async function makeTraffic(): Promise<string> {
  const answers: string[] = [];
  const model = 'openai/small';
  for (const content of PROMPTS) {
    for (const stream of [false, true]) {
      const response = await chat(port, stand.adminKey, content, { model, stream });
      answers.push(JSON.stringify([...response.headers]), await response.text().catch(String));
    }
  }
  const url = `http://127.0.0.1:${port}`;
  for (const key of [stand.adminKey, UNKNOWN_KEY]) {
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }, { 'x-goog-api-key': key }]) {
      for (const path of ['/v1/models', '/v1/files', '/v1/nothing', `/v1/models?key=${key}`]) {
        answers.push(await (await fetch(`${url}${path}`, { headers })).text());
      }
      const request = {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{"api_key":',
      };
      answers.push(await (await fetch(`${url}/v1/chat/completions`, request)).text());
    }
  }
  return answers.join('\n');
}

/** Every row of every table, as text. */
async function dumpDatabase(): Promise<string> {
  const { dataSource } = stand.database;
  const tables: { name: string }[] = await dataSource.query(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const dumps = await Promise.all(
    tables.map(async ({ name }) => {
      const rows: { row: string }[] = await dataSource.query(`SELECT t::text AS row FROM ${name} AS t`);
      return rows.map(({ row }) => row).join('\n');
    }),
  );
  return dumps.join('\n');
}

describe('secrets', () => {
  it('are in no log line, metric, answer or row of the database, whatever happens with them', async () => {
    const answers = await makeTraffic();
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
    const places = { log: gateway.output(), metrics, answers, database: await dumpDatabase() };
    // What is searched is what was meant to be searched.
    expect(places.log).toContain('"outcome":"success"');
    expect(places.metrics).toContain('parley_requests_total{provider="openai"');
    expect(places.database).toContain('openai/small');
    const master = stand.variables.ENCRYPTION_MASTER_KEY!;
    const secrets = [stand.adminKey, PROVIDER_KEY, UNKNOWN_KEY, master];
    const forms = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString('hex'), btoa(secret)]);
    for (const [place, text] of Object.entries(places)) {
      for (const form of forms) expect({ place, holds: text.includes(form) }).toEqual({ place, holds: false });
    }
  });
});
