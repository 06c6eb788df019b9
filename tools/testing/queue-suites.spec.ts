import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findQueueSuites } from './queue-suites.mjs';
import { ROOT } from './run-checks.mjs';

const FILES = {
  'apps/gateway/test/names-it.spec.ts': "const settings = { QUEUE: 'postgres' };",
  'apps/gateway/test/starts-it.spec.ts': "import { start } from './support/stand.ts';",
  'apps/gateway/test/support/stand.ts': "export { start } from '../operations/processes.ts';",
  'apps/gateway/test/operations/processes.ts': 'export const start = () => startRedis();',
  'apps/gateway/test/loads-it.spec.ts': "const { start } = await import('./support/stand.ts');",
  'apps/gateway/test/chat.spec.ts': "import { gateway } from '../src/gateway.ts';\nimport './support/client.ts';",
  'apps/gateway/test/support/client.ts': "import './client.ts';",
  'apps/gateway/src/gateway.ts': 'export const gateway = openQueue();',
  'libs/persistence/src/queues/wake-ups.spec.ts': 'const url = process.env.PARLEY_TEST_REDIS_URL;',
  'libs/persistence/src/queues/names.spec.ts': "const queue = 'parley-batches';",
  'tools/start.spec.ts': "import { findRedisProgram } from './redis.mjs';",
};

describe('the suites that run once more without Redis', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'parley-queue-suites-'));
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('are the end-to-end ones that have to do with the queue, themselves or by what they import, and all that look for Redis', () => {
    expect(findQueueSuites(root)).toEqual([
      'apps/gateway/test/loads-it.spec.ts',
      'apps/gateway/test/names-it.spec.ts',
      'apps/gateway/test/starts-it.spec.ts',
      'libs/persistence/src/queues/wake-ups.spec.ts',
      'tools/start.spec.ts',
    ]);
  });

  it('are found in this repository: batches, whole processes, and the start', () => {
    expect(findQueueSuites(ROOT)).toEqual(
      expect.arrayContaining([
        'apps/gateway/test/batches.spec.ts',
        'apps/gateway/test/operations/drain.spec.ts',
        'apps/gateway/test/readme.spec.ts',
        'apps/worker/test/batches.spec.ts',
        'tools/start.spec.ts',
      ]),
    );
  });

  it('are all that have a test which needs Redis', () => {
    const suites = globSync('{apps,libs,tools}/**/*.spec.ts', { cwd: ROOT, exclude: ['**/node_modules/**'] });
    const needing = suites.filter((path) => /\(SKIPPED: no redis/i.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(needing.length).toBeGreaterThan(1);
    expect(findQueueSuites(ROOT)).toEqual(expect.arrayContaining(needing));
  });
});
