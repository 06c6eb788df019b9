import type { Vault } from '../vault/vault.ts';

/** A shorter key is not shown in part: four characters would be too much of it. */
const SHORTEST_SHOWN_KEY = 12;

/** The end of a key, for people to tell keys apart; empty for a short key. */
export function readLast4(apiKey: string): string {
  return apiKey.length < SHORTEST_SHOWN_KEY ? '' : apiKey.slice(-4);
}

export function sealCredential(vault: Vault, credentialId: string, apiKey: string): Buffer {
  return vault.seal(apiKey, placeOf(credentialId));
}

/** The provider's key in the clear, for the configuration reader alone; throws VaultError when it does not open. */
export function openCredential(vault: Vault, credential: { id: string; sealed: Buffer }): string {
  return vault.open(credential.sealed, placeOf(credential.id));
}

const placeOf = (rowId: string) => ({ table: 'credentials', rowId });
