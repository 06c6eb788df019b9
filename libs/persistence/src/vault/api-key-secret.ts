import { createHmac, randomBytes } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

/** Makes the secret of an API key: `sk-parley-` and 43 base64url characters, 256 random bits. */
export function generateApiKey(): string {
  return `sk-parley-${randomBytes(32).toString('base64url')}`;
}

/** Turns the secret of an API key into what the database and the snapshot know it by, as lower-case hex. */
export type KeyHasher = (secret: string) => string;

/**
 * HMAC-SHA-256 with a pepper derived from the master key: a copy of the database alone does not even allow guessing.
 *
 * @param masterKeyHex ENCRYPTION_MASTER_KEY, 64 hex characters
 */
export function createKeyHasher(masterKeyHex: string): KeyHasher {
  const pepper = deriveKey(masterKeyHex, 'api key pepper', 32);
  return (secret) => createHmac('sha256', pepper).update(secret, 'utf8').digest('hex');
}
