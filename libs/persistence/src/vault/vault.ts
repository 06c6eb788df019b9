import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

/** The row that a sealed value belongs to. It is bound into the seal, so a value copied to another row does not open. */
export type SealedPlace = { table: string; rowId: string };

export type Vault = {
  /** Seals a text for one row. Two seals of the same text differ. */
  seal(plaintext: string, place: SealedPlace): Buffer;
  /** Opens what `seal` made for the same row; throws VaultError on anything else. */
  open(sealed: Buffer, place: SealedPlace): string;
};

/** A sealed value does not open. The message says why and holds nothing secret. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}

const VERSION = 1;
const KEY_ID_BYTES = 8;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const DATA_KEY_BYTES = 32;
const WRAPPED_KEY_BYTES = IV_BYTES + DATA_KEY_BYTES + TAG_BYTES;

/**
 * Seals provider credentials with AES-256-GCM. Every value has a random data key, which is wrapped by a key derived from
 * the master key. The layout: version (1 byte), id of the master key (8), wrapped data key (12 IV + 32 + 16 tag), then
 * the value (12 IV + text + 16 tag). Header, table and row id are authenticated with both parts.
 *
 * @param masterKeyHex ENCRYPTION_MASTER_KEY, 64 hex characters
 */
export function createVault(masterKeyHex: string): Vault {
  const wrappingKey = deriveKey(masterKeyHex, 'credential wrapping key', 32);
  const header = Buffer.concat([Buffer.of(VERSION), deriveKey(masterKeyHex, 'credential key id', KEY_ID_BYTES)]);

  return {
    seal(plaintext, place) {
      const associated = describePlace(header, place);
      const dataKey = randomBytes(DATA_KEY_BYTES);
      const wrapped = encrypt(wrappingKey, dataKey, associated);
      return Buffer.concat([header, wrapped, encrypt(dataKey, Buffer.from(plaintext, 'utf8'), associated)]);
    },

    open(sealed, place) {
      checkHeader(sealed, header);
      const associated = describePlace(header, place);
      const valueStart = HEADER_BYTES + WRAPPED_KEY_BYTES;
      try {
        const dataKey = decrypt(wrappingKey, sealed.subarray(HEADER_BYTES, valueStart), associated);
        return decrypt(dataKey, sealed.subarray(valueStart), associated).toString('utf8');
      } catch {
        // The cause is left out on purpose: it adds nothing to "does not authenticate".
        throw new VaultError(`A sealed value in ${place.table} was changed or belongs to another row`);
      }
    },
  };
}

function checkHeader(sealed: Buffer, header: Buffer): void {
  if (sealed.length < HEADER_BYTES + WRAPPED_KEY_BYTES + IV_BYTES + TAG_BYTES) {
    throw new VaultError('A sealed value is too short to be one');
  }
  if (sealed[0] !== VERSION) {
    throw new VaultError(`A sealed value has the format version ${sealed[0]}; this program knows ${VERSION}`);
  }
  if (!sealed.subarray(0, HEADER_BYTES).equals(header)) {
    throw new VaultError('A sealed value was made with another ENCRYPTION_MASTER_KEY than the one that is set');
  }
}

/** JSON keeps the parts apart whatever characters they hold. */
function describePlace(header: Buffer, { table, rowId }: SealedPlace): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify([table, rowId]), 'utf8')]);
}

function encrypt(key: Buffer, plaintext: Buffer, associated: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(associated);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, box: Buffer, associated: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(associated)
    .setAuthTag(box.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(box.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}
