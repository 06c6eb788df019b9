import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROKEN_CONFIGURATION, StartProblem } from './start-problem.mjs';

/** How each secret is made; the shapes are those of the public contract. */
const GENERATORS = {
  ENCRYPTION_MASTER_KEY: () => randomBytes(32).toString('hex'),
  ADMIN_KEY: () => `sk-parley-${randomBytes(32).toString('base64url')}`,
};

/**
 * The master key and the first admin key: from the environment where it has them, else generated once and kept in
 * `secrets.json`, readable by its owner only.
 * @param {string} dataDirectory
 * @param {NodeJS.ProcessEnv} environment
 * @returns {{ ENCRYPTION_MASTER_KEY: string, ADMIN_KEY: string }}
 */
export function loadSecrets(dataDirectory, environment) {
  const file = join(dataDirectory, 'secrets.json');
  const kept = existsSync(file) ? readSecrets(file) : {};
  /** @type {Record<string, string>} */
  const fresh = {};
  const secretOf = (/** @type {keyof typeof GENERATORS} */ name) =>
    environment[name] || kept[name] || (fresh[name] = GENERATORS[name]());
  const secrets = { ENCRYPTION_MASTER_KEY: secretOf('ENCRYPTION_MASTER_KEY'), ADMIN_KEY: secretOf('ADMIN_KEY') };
  if (Object.keys(fresh).length > 0) {
    const draft = `${file}.draft`;
    writeFileSync(draft, `${JSON.stringify({ ...kept, ...fresh }, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, file);
  }
  return secrets;
}

/**
 * @param {string} file
 * @returns {Record<string, string>}
 */
function readSecrets(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new StartProblem(
      `${file} cannot be read. Restore it: without its ENCRYPTION_MASTER_KEY the stored provider credentials are lost.`,
      { exitCode: BROKEN_CONFIGURATION, cause },
    );
  }
}
