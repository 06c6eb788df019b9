import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const THROUGH_INDEX = 'import a library through its index only';
const PURE = 'dialects are pure';

const importing = (specifier: string) => `import { something } from '${specifier}';\nexport const used = something;\n`;
const using = (expression: string) => `export const used = () => ${expression};\n`;

/** Where, what, and the words by which the linter refuses it: at least one line for each line of the rooms' table. */
const VIOLATIONS: [file: string, code: string, message: string][] = [
  ['libs/contracts/src/a.ts', importing('@parley/dialects'), 'contracts import no other room'],
  ['libs/contracts/src/a.spec.ts', importing('@parley/persistence'), 'contracts import no other room'],
  ['libs/contracts/src/b.ts', importing('undici'), 'contracts may import zod only'],
  ['libs/contracts/src/c.ts', importing('../../dialects/src/dialect.ts'), THROUGH_INDEX],

  ['libs/dialects/src/a.ts', importing('@parley/providers'), 'dialects may import contracts only'],
  ['libs/dialects/src/a.spec.ts', importing('@parley/providers'), 'dialects may import contracts only'],
  ['libs/dialects/src/b.ts', importing('@nestjs/common'), PURE],
  ['libs/dialects/src/c.ts', importing('node:fs'), PURE],
  ['libs/dialects/src/d.ts', importing('node:http'), PURE],
  ['libs/dialects/src/e.ts', importing('http'), PURE],
  ['libs/dialects/src/f.ts', importing('undici'), PURE],
  ['libs/dialects/src/g.ts', importing('node:timers/promises'), PURE],
  [
    'libs/dialects/src/h.ts',
    `import { randomUUID } from 'node:crypto';\nexport const used = randomUUID;\n`,
    'deterministic',
  ],
  ['libs/dialects/src/i.ts', using('Date.now()'), 'dialects read no clock'],
  ['libs/dialects/src/j.ts', using('Math.random()'), 'dialects are deterministic'],
  ['libs/dialects/src/k.ts', using(`fetch('http://127.0.0.1')`), PURE],
  ['libs/dialects/src/l.ts', using('crypto.randomUUID()'), PURE],
  ['libs/dialects/src/m.ts', using('performance.now()'), PURE],
  ['libs/dialects/src/n.ts', using('process.env'), PURE],
  ['libs/dialects/src/o/p.ts', importing('../../../contracts/src/chat.ts'), THROUGH_INDEX],
  ['libs/dialects/src/q.ts', importing('@parley/contracts/src/chat.ts'), THROUGH_INDEX],

  ['libs/providers/src/a.ts', importing('@parley/persistence'), 'providers may import contracts and dialects only'],
  ['libs/providers/src/b.ts', importing('@parley/inference'), 'providers may import contracts and dialects only'],
  ['libs/providers/src/c.ts', importing('@nestjs/common'), 'providers know no Nest, Postgres or Redis'],
  ['libs/providers/src/d.ts', importing('pg'), 'providers know no Nest, Postgres or Redis'],
  ['libs/providers/src/e.ts', importing('ioredis'), 'providers know no Nest, Postgres or Redis'],
  ['libs/providers/src/f.ts', using(`process.env['HOME']`), 'process.env'],

  ['libs/persistence/src/a.ts', importing('@parley/providers'), 'persistence may import contracts only'],
  ['libs/persistence/src/b.ts', importing('@parley/dialects'), 'persistence may import contracts only'],
  ['libs/persistence/src/c.ts', importing('@nestjs/core'), 'persistence knows of Nest'],
  ['libs/persistence/src/d.ts', importing('undici'), 'persistence speaks to Postgres and Redis only'],
  ['libs/persistence/src/e.ts', using('process.env'), 'process.env'],

  ['libs/inference/src/a.ts', importing('@parley/gateway'), 'inference may not import apps'],
  ['libs/inference/src/b.ts', importing('@nestjs/common'), 'inference knows Nest in'],
  ['libs/inference/src/c.ts', importing('prom-client'), 'prom-client lives in telemetry only'],
  ['libs/inference/src/d.service.ts', importing('prom-client'), 'prom-client lives in telemetry only'],
  ['libs/inference/src/telemetry/e.ts', importing('@nestjs/common'), 'inference knows Nest in'],
  ['libs/inference/src/f.ts', importing('@parley/persistence/src/queues.ts'), THROUGH_INDEX],
  ['libs/inference/src/g.ts', importing('pg'), 'inference reaches Postgres and Redis through persistence'],
  ['libs/inference/src/h.ts', importing('undici'), 'upstream I/O lives in providers'],
  ['libs/inference/src/i.ts', using('process.env'), 'process.env'],

  ['apps/gateway/src/a.ts', importing('@parley/worker'), 'apps do not import each other'],
  ['apps/gateway/src/b.ts', importing('../../worker/src/app.module.ts'), THROUGH_INDEX],
  ['apps/gateway/src/c.ts', importing('@parley/inference/src/routing/plan.ts'), THROUGH_INDEX],
  ['apps/gateway/src/d.ts', using('process.env'), 'process.env'],
  ['apps/gateway/test/e.spec.ts', importing('@parley/inference/src/routing/plan.ts'), THROUGH_INDEX],
  ['apps/worker/src/a.ts', importing('@parley/gateway'), 'apps do not import each other'],
  ['apps/worker/src/b.ts', importing('@parley/simulator'), 'apps do not import each other'],

  ['apps/dashboard/src/a.ts', importing('@parley/contracts'), 'types of contracts only'],
  ['apps/dashboard/src/b.ts', importing('@parley/inference'), 'types of contracts only'],

  ['apps/simulator/src/a.ts', importing('@parley/persistence'), 'the simulator may import contracts and dialects only'],
  ['apps/simulator/src/b.ts', importing('@parley/inference'), 'the simulator may import contracts and dialects only'],
  ['apps/simulator/src/c.ts', importing('@parley/providers'), 'the simulator may import contracts and dialects only'],
  ['apps/simulator/src/d.ts', importing('pg'), 'the simulator has no memory but its own'],

  ['libs/contracts/src/default.ts', 'export default 1;\n', 'default export'],
];

/** What each room may do: a rule that refuses everything would pass the test above. */
const ALLOWED: [file: string, code: string][] = [
  ['libs/contracts/src/ok-a.ts', importing('zod')],
  ['libs/contracts/src/ok-b.ts', importing('./errors.ts')],
  ['libs/contracts/src/ok/c.ts', importing('../errors.ts')],
  ['libs/dialects/src/ok-a.ts', importing('@parley/contracts')],
  ['libs/dialects/src/ok/b.ts', importing('../sse.ts')],
  ['libs/dialects/src/ok-c.ts', importing('node:string_decoder')],
  ['libs/dialects/src/ok-d.spec.ts', importing('node:fs')],
  ['libs/dialects/src/ok-e.ts', `import { createHash } from 'node:crypto';\nexport const used = createHash;\n`],
  ['libs/dialects/src/ok-f.ts', using(`Date.parse('2026-01-01')`)],
  ['libs/providers/src/ok-a.ts', importing('@parley/dialects')],
  ['libs/providers/src/ok-b.ts', importing('undici')],
  ['libs/persistence/src/ok-a.ts', importing('@parley/contracts')],
  ['libs/persistence/src/ok-b.ts', importing('typeorm')],
  ['libs/persistence/src/ok-c.ts', importing('@nestjs/bullmq')],
  ['libs/inference/src/ok-a.ts', importing('@parley/providers')],
  ['libs/inference/src/ok-b.ts', importing('@parley/persistence')],
  ['libs/inference/src/ok-c.module.ts', importing('@nestjs/common')],
  ['libs/inference/src/ok/d.service.ts', importing('@nestjs/common')],
  ['libs/inference/src/telemetry/ok-e.ts', importing('prom-client')],
  ['libs/inference/src/telemetry/ok-f.service.ts', importing('@nestjs/common')],
  ['apps/gateway/src/ok-a.ts', importing('@parley/inference')],
  ['apps/gateway/src/main.ts', using('process.env')],
  ['apps/gateway/src/migrate.ts', using('process.env')],
  ['apps/gateway/test/ok-b.spec.ts', importing('../src/app.module.ts')],
  ['apps/worker/src/ok-a.ts', importing('@parley/persistence')],
  ['apps/simulator/src/ok-a.ts', importing('@parley/dialects')],
  ['apps/dashboard/src/ok-a.ts', `import type { Model } from '@parley/contracts';\nexport type Used = Model;\n`],
];

type Diagnostic = { message: string; help?: string; filename: string };

describe('the walls between the rooms', () => {
  let copy: string;
  let diagnostics: Map<string, string>;

  // One run of the linter over a copy in which every violation has a file of its own.
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'parley-boundaries-'));
    copyFileSync(join(ROOT, '.oxlintrc.json'), join(copy, '.oxlintrc.json'));
    for (const [file, code] of [...VIOLATIONS, ...ALLOWED]) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      writeFileSync(join(copy, file), code);
    }
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    const args = [oxlint, '--disable-nested-config', '--format=json', 'apps', 'libs'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
    const report = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
    diagnostics = new Map();
    for (const { filename, message, help } of report.diagnostics) {
      diagnostics.set(filename, `${diagnostics.get(filename) ?? ''}${message} ${help ?? ''}\n`);
    }
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it.each(VIOLATIONS)('%s may not have %j', (file, _code, message) => {
    expect(diagnostics.get(file) ?? 'nothing').toContain(message);
  });

  it.each(ALLOWED)('%s may have %j', (file) => {
    expect(diagnostics.get(file)).toBeUndefined();
  });
});
