import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathWithoutRedis } from './bare-path.mjs';
import JestSummary from './jest-summary.mjs';
import { ROOT } from './run-checks.mjs';
import { readTotals } from './run-jest.mjs';
import { summarize } from './summary.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-summary-spec-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Jest would report about these tests, handed to our reporter and read back. */
function totalsOf(tests: { fullName: string; status: string }[], exitCode: number | null, brokenFiles = 0) {
  const file = join(folder, 'summary.json');
  const count = (status: string) => tests.filter((test) => test.status === status).length;
  const reporter = new JestSummary(undefined, { file });
  const results = {
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numRuntimeErrorTestSuites: brokenFiles,
    testResults: [{ testResults: tests }],
  };
  reporter.onRunComplete(undefined, results as unknown as Parameters<typeof reporter.onRunComplete>[1]);
  return readTotals(file, exitCode);
}

describe('the totals of a test run', () => {
  it('count what passed, failed and was skipped, with the reasons that the names give', () => {
    const tests = [
      { fullName: 'a works', status: 'passed' },
      { fullName: 'b works', status: 'failed' },
      { fullName: 'c (SKIPPED: no recordings) works', status: 'pending' },
      { fullName: 'd will work', status: 'todo' },
    ];
    expect(totalsOf(tests, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: [
        { name: 'c (SKIPPED: no recordings) works', reason: 'no recordings' },
        { name: 'd will work', reason: expect.stringContaining('no reason given') },
      ],
    });
  });

  it('count a file that cannot be loaded as a failure', () => {
    expect(totalsOf([], 1, 1).failed).toBe(1);
  });

  it('count a runner that fails without a failed test as a failure', () => {
    expect(totalsOf([{ fullName: 'a works', status: 'passed' }], 1)).toMatchObject({ passed: 1, failed: 1 });
    expect(totalsOf([{ fullName: 'a works', status: 'passed' }], null)).toMatchObject({ passed: 1, failed: 1 });
  });

  it('count a runner that died before its report, or that found nothing, as a failure', () => {
    expect(readTotals(join(folder, 'never-written.json'), 0).failed).toBe(1);
    expect(totalsOf([], 0).failed).toBe(1);
  });

  it('count a path filter that matches no test as a failure', () => {
    const script = `import('./tools/testing/run-jest.mjs')
      .then(({ runJest }) => runJest(['no-such-place']))
      .then((totals) => console.log(JSON.stringify(totals)));`;
    const output = execFileSync(process.execPath, ['-e', script], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toEqual({ passed: 0, failed: 1, skipped: [] });
  });
});

describe('the end of a test run', () => {
  it('is one plain line with the sums, after everything that was skipped and why', () => {
    const checks = { passed: 3, failed: 0, skipped: [] };
    const tests = { passed: 10, failed: 0, skipped: [{ name: 'c works', reason: 'no recordings' }] };
    expect(summarize([checks, tests], ['Chromium'])).toEqual({
      exitCode: 0,
      lines: [
        'Not on this machine: Chromium',
        'Skipped 1: no recordings',
        '  - c works',
        '13 passed, 0 failed, 1 skipped',
      ],
    });
  });

  it('has a failing exit code as soon as one part failed', () => {
    const { exitCode, lines } = summarize([{ passed: 2, failed: 1, skipped: [] }], []);
    expect(exitCode).toBe(1);
    expect(lines).toEqual(['2 passed, 1 failed, 0 skipped']);
  });
});

describe('the bare PATH', () => {
  it('has every program but Redis and Valkey', () => {
    const [mixed, plain, links] = ['mixed', 'plain', 'links'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const place of [mixed, plain, links]) mkdirSync(place);
    for (const name of ['redis-server', 'valkey-cli', 'git']) {
      writeFileSync(join(mixed, name), `#!/bin/sh\necho ${name}\n`);
      chmodSync(join(mixed, name), 0o755);
    }
    const [first = '', second] = pathWithoutRedis([mixed, plain, '/nowhere'].join(delimiter), links).split(delimiter);
    expect(readdirSync(first)).toEqual(['git']);
    expect(readFileSync(join(first, 'git'), 'utf8')).toContain('echo git');
    expect(second).toBe(plain);
  });
});
