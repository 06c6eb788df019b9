/** `npm start`: everything Parley needs, on this machine, until Ctrl-C. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED_NODE_MAJOR = 24;
const BROKEN_CONFIGURATION = 78;
const root = fileURLToPath(new URL('..', import.meta.url));

if (Number.parseInt(process.versions.node) < NEEDED_NODE_MAJOR) {
  console.error(
    `Parley needs Node ${NEEDED_NODE_MAJOR} or later, this is ${process.version}. Start it with "npm start": npm finds the right Node among the installed packages.`,
  );
  process.exit(BROKEN_CONFIGURATION);
}
const dotEnv = join(root, '.env');
if (existsSync(dotEnv)) process.loadEnvFile(dotEnv);

// Only now: an older Node could not even read it.
const { runParley } = await import('./supervisor/run-parley.mjs');
const exitCode = await runParley({
  dataDirectory: join(root, '.data'),
  environment: process.env,
  build: [join(root, 'node_modules/typescript/bin/tsc'), '-b', root],
  entries: {
    migrate: join(root, 'apps/gateway/dist/migrate.js'),
    gateway: join(root, 'apps/gateway/dist/main.js'),
    worker: join(root, 'apps/worker/dist/main.js'),
    simulator: join(root, 'apps/simulator/dist/main.js'),
  },
});
// A step that an interrupt cut short may still be waiting for something.
process.exit(exitCode);
