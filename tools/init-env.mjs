/**
 * Writes `.env` from `.env.example` with fresh secrets, for compose and Kubernetes: `node tools/init-env.mjs [folder]`.
 * Never touches a file that exists: losing ENCRYPTION_MASTER_KEY makes the stored provider credentials unreadable.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const EXAMPLE = new URL('../.env.example', import.meta.url);
const SECRETS = {
  ENCRYPTION_MASTER_KEY: () => randomBytes(32).toString('hex'),
  // 32 bytes are 43 characters of base64url.
  ADMIN_KEY: () => `sk-parley-${randomBytes(32).toString('base64url')}`,
  // base64url needs no escaping inside DATABASE_URL.
  POSTGRES_PASSWORD: () => randomBytes(24).toString('base64url'),
  GRAFANA_PASSWORD: () => randomBytes(24).toString('base64url'),
};

/**
 * The example with every secret filled in. Throws when a secret has no empty line of its own there.
 * @param {string} example
 */
export function fillSecrets(example) {
  return Object.entries(SECRETS).reduce((text, [name, makeSecret]) => {
    const line = new RegExp(`^${name}=$`, 'm');
    if (!line.test(text)) throw new Error(`.env.example has no empty line for ${name}`);
    return text.replace(line, () => `${name}=${makeSecret()}`);
  }, example);
}

/** @param {string} folder */
async function main(folder) {
  const file = join(folder, '.env');
  const text = fillSecrets(await readFile(EXAMPLE, 'utf8'));
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    console.log(`${file} is written. Keep a copy of ENCRYPTION_MASTER_KEY: it opens the stored credentials.`);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    console.log(`${file} exists and stays as it is.`);
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2] ?? '.');
