import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summarize } from '../testing/summary.mjs';
import { judgeRun, type CaseResult } from './verdict.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-verdict-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const must = (fields: Partial<CaseResult> = {}): CaseResult => ({
  id: 'chat.text',
  title: 'a text is answered',
  level: 'must',
  status: 'pass',
  detail: '',
  contract: 'pass',
  violations: [],
  ...fields,
});
const should = (fields: Partial<CaseResult> = {}) => must({ id: 'chat.seed', level: 'should', ...fields });
const failing = { status: 'fail', detail: 'HTTP 500' } as const;
const shoulds = (held: number, failed: number): CaseResult[] => [
  ...Array.from({ length: held }, () => should()),
  ...Array.from({ length: failed }, () => should(failing)),
];

function judge(results: CaseResult[], exitCode: number | null = 0) {
  const file = join(folder, 'result.json');
  writeFileSync(file, JSON.stringify({ summary: {}, results }));
  return judgeRun('gemini', file, exitCode);
}

/** What `npm run check` would end with. */
const codeOf = ({ totals }: ReturnType<typeof judgeRun>): number => summarize([totals], []).exitCode;

describe('a run of the conformance kit', () => {
  it('is a success when all that has to hold does, and counts what passed and why the rest was skipped', () => {
    const skipped = must({ id: 'chat.logprobs', status: 'skip', detail: 'not for gemini upstreams', contract: null });
    const verdict = judge([must(), must({ contract: null }), should(), skipped]);
    expect(verdict).toEqual({
      line: 'must 2/2, should 1/1, contract 2/2',
      problems: [],
      totals: {
        passed: 3,
        failed: 0,
        skipped: [
          {
            name: 'conformance, gemini upstream: chat.logprobs: a text is answered',
            reason: 'not for gemini upstreams',
          },
        ],
      },
    });
    expect(codeOf(verdict)).toBe(0);
  });

  it('fails with a case that has to hold and does not, and tells all about it', () => {
    const verdict = judge([must(), must({ ...failing, contract: 'fail', violations: ['no finish_reason'] })], 1);
    expect(verdict.totals).toMatchObject({ passed: 1, failed: 1 });
    expect(verdict.problems).toEqual([
      'chat.text (must): a text is answered\n    HTTP 500\n    ! no finish_reason',
      'the kit ended with code 1',
    ]);
    expect(codeOf(verdict)).toBe(1);
  });

  it.each([must, should])('fails with an answer in a wrong form, although the case passes', (level) => {
    const verdict = judge([must(), level({ contract: 'fail', violations: ['two ids in one stream'] })]);
    expect(verdict.totals).toMatchObject({ passed: 1, failed: 1 });
    expect(verdict.problems).toEqual([expect.stringContaining('! two ids in one stream')]);
  });

  it('bears that one of twenty recommendations does not hold, and says which', () => {
    const verdict = judge([must(), ...shoulds(19, 1)]);
    expect(verdict).toMatchObject({ line: 'must 1/1, should 19/20, contract 21/21', problems: [] });
    expect(verdict.totals).toMatchObject({
      passed: 20,
      failed: 0,
      skipped: [{ name: expect.stringContaining('chat.seed'), reason: expect.stringContaining('does not hold') }],
    });
  });

  it('bears no recommendation that fails with an answer in a wrong form', () => {
    const verdict = judge([must(), ...shoulds(19, 0), should({ ...failing, contract: 'fail' })]);
    expect(verdict.totals).toMatchObject({ passed: 20, failed: 1, skipped: [] });
  });

  it('fails when fewer than 95 % of the recommendations hold', () => {
    const verdict = judge([must(), ...shoulds(18, 1)]);
    expect(verdict.totals).toMatchObject({ passed: 19, failed: 1, skipped: [] });
    expect(verdict.problems).toEqual([expect.stringContaining('chat.seed (should)')]);
  });

  it.each([1, 2, null])('fails when the kit ends with %s, although each case passed', (exitCode) => {
    const verdict = judge([must()], exitCode);
    expect(verdict.totals).toMatchObject({ passed: 1, failed: 1 });
    expect(verdict.problems).toEqual([expect.stringContaining('the kit ended with')]);
    expect(codeOf(verdict)).toBe(1);
  });

  it.each([
    ['no case at all', []],
    ['skipped cases only', [must({ status: 'skip', contract: null })]],
    ['recommendations only', [should()]],
    ['no answer whose form was checked', [must({ contract: null })]],
  ])('fails when it left %s', (_what, results) => {
    const verdict = judge(results);
    expect(verdict.totals.failed).toBe(1);
    expect(codeOf(verdict)).toBe(1);
  });

  it('fails when it died before it wrote its results, or while it wrote them', () => {
    expect(judgeRun('openai', join(folder, 'never-written.json'), 0).totals.failed).toBe(1);
    const half = join(folder, 'half.json');
    writeFileSync(half, '{"results": [{"id": "chat.te');
    expect(judgeRun('openai', half, null)).toMatchObject({
      totals: { failed: 1 },
      line: 'must 0/0, should 0/0, contract 0/0',
    });
  });
});
