import { hkdfSync } from 'node:crypto';

/**
 * Derives a key for one purpose from ENCRYPTION_MASTER_KEY by HKDF-SHA-256 (RFC 5869), so that no two purposes share key
 * bytes.
 */
export function deriveKey(masterKeyHex: string, purpose: string, length: number): Buffer {
  if (!/^[0-9a-fA-F]{64}$/.test(masterKeyHex)) {
    throw new TypeError('ENCRYPTION_MASTER_KEY must be 64 hex characters (32 bytes)');
  }
  const masterKey = Buffer.from(masterKeyHex, 'hex');
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `parley/${purpose}/v1`, length));
}
