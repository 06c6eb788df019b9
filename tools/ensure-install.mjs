// Runs on whatever Node invoked npm (>=20); plain JS, built-ins only. Installs dependencies once per lockfile.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
const root = new URL('..', import.meta.url).pathname;
const stamp = root + 'node_modules/.install-stamp';
const want = createHash('sha256')
  .update(readFileSync(root + 'package-lock.json'))
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== want) {
  const env = { ...process.env, SCARF_ANALYTICS: 'false', NX_DAEMON: 'false' };
  for (const k of Object.keys(env)) if (/^npm_(lifecycle|package|config_(local_prefix|prefix))/i.test(k)) delete env[k];
  console.log('installing dependencies (npm ci) ...');
  const r = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  if (r.status) process.exit(r.status);
  writeFileSync(stamp, want);
}
