import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AnswerReader, type ReadAnswer } from './bench/answer-reader.mjs';
import type { BenchResult } from './bench/run-bench.mjs';
import { MEMORY, SCENARIOS } from './bench/scenarios.mjs';

const BENCH = fileURLToPath(new URL('bench.mjs', import.meta.url));
const isLinux = process.platform === 'linux';

/** Without the options of the test run: the bench starts plain Node programs. */
function runBench(args: string[]) {
  const { NODE_OPTIONS: _ofJest, ...env } = process.env;
  return spawnSync(process.execPath, [BENCH, ...args], { env, encoding: 'utf8', timeout: 55_000 });
}

describe('npm run bench', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-bench-spec-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gets whole answers from both targets in every scenario, and puts the figures beside their goals', () => {
    const file = join(folder, 'result.json');
    const { status, stdout, stderr } = runBench(['--quick', '--out', file]);
    expect({ status, stderr: status === 0 ? '' : stderr + stdout }).toEqual({ status: 0, stderr: '' });
    const result = JSON.parse(readFileSync(file, 'utf8')) as BenchResult;

    expect(result).toMatchObject({ bad: 0, settings: { rounds: 1, streams: 20 }, machine: { node: process.version } });
    expect(result.scenarios.map(({ name }) => name)).toEqual([...Object.keys(SCENARIOS), 'memory']);
    const goals = [2.2, 1.3, 2, null, ...Array(6).fill(1.1), ...Array(6).fill(2.5), MEMORY.goalKilobytes];
    expect(result.scenarios.map(({ goal }) => goal)).toEqual(goals);
    const spread = isLinux ? { median: expect.any(Number), min: expect.any(Number), max: expect.any(Number) } : null;
    for (const { targets, ratio, name } of result.scenarios) {
      expect(ratio).toEqual(spread);
      for (const target of [targets.reference, targets.parley]) {
        expect(target).toEqual({
          figure: spread,
          answered: expect.any(Number),
          deltas: expect.any(Number),
          bad: 0,
          problems: {},
        });
        expect(target.answered).toBeGreaterThan(0);
        if (/sse|burst|over/.test(name)) expect(target.deltas).toBe(target.answered * 100);
      }
    }
    expect(stdout).toContain('Every answer was whole.');
  });

  it('explains itself, and refuses what it does not understand', () => {
    expect(runBench(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('--scenarios') });
    for (const args of [['--rounds', '0'], ['--scenarios', 'jason'], ['--speed']])
      expect(runBench(args)).toMatchObject({ status: 2, stderr: expect.stringContaining(args[1] ?? '--speed') });
  });
});

describe('the reader of answers', () => {
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const streamed = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('data: tick\n\ndata: ti')}${chunk('ck\n\n')}${chunk('end')}0\r\n\r\n`;
  const whole = 'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\ntick';
  const empty = 'HTTP/1.1 204 No Content\r\n\r\n';

  it('counts the same however the bytes are cut, across chunks and answers', () => {
    const bytes = Buffer.from(streamed + whole + empty + streamed);
    for (let size = 1; size <= bytes.length; size++) {
      const answers: ReadAnswer[] = [];
      const reader = new AnswerReader('tick', (answer) => answers.push(answer));
      for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size));
      expect(answers).toEqual([
        { status: 200, count: 2, ending: 'end' },
        { status: 429, count: 1, ending: 'ick' },
        { status: 204, count: 0, ending: '' },
        { status: 200, count: 2, ending: 'end' },
      ]);
    }
  });
});
