import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createVault, VaultError } from './vault.ts';

const MASTER_KEY = '0123456789abcdef'.repeat(4);
const OTHER_KEY = 'fedcba9876543210'.repeat(4);
const place = { table: 'credentials', rowId: 'row-1' };
const vault = createVault(MASTER_KEY);

const texts = fc.string({ unit: 'binary' });
const places = fc.record({ table: fc.string(), rowId: fc.string() });

describe('the vault', () => {
  it('opens what it sealed, for any text and row, also after a restart with the same key', () => {
    fc.assert(
      fc.property(texts, places, (text, anyPlace) => {
        const sealed = vault.seal(text, anyPlace);
        expect(createVault(MASTER_KEY.toUpperCase()).open(sealed, anyPlace)).toBe(text);
      }),
    );
  });

  it('opens no value for another row or table', () => {
    fc.assert(
      fc.property(texts, places, places, (text, own, foreign) => {
        fc.pre(own.table !== foreign.table || own.rowId !== foreign.rowId);
        expect(() => vault.open(vault.seal(text, own), foreign)).toThrow(VaultError);
      }),
    );
  });

  it('opens no value of which any bit was changed or any end cut off', () => {
    fc.assert(
      fc.property(texts, fc.nat(), fc.integer({ min: 0, max: 7 }), (text, anyIndex, bit) => {
        const sealed = vault.seal(text, place);
        const index = anyIndex % sealed.length;
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(index) ^ (1 << bit), index);
        expect(() => vault.open(changed, place)).toThrow(VaultError);
        expect(() => vault.open(sealed.subarray(0, index), place)).toThrow(VaultError);
      }),
    );
  });

  it('never seals the same text into the same bytes and leaves no part of it readable', () => {
    const secret = 'sk-provider-0123456789';
    const [first, second] = [vault.seal(secret, place), vault.seal(secret, place)];
    expect(first.equals(second)).toBe(false);
    expect(first.includes(secret.slice(0, 6))).toBe(false);
    expect(first.subarray(0, 9).equals(second.subarray(0, 9))).toBe(true);
  });

  it('says that another master key is set, and names neither key nor value', () => {
    const sealed = vault.seal('sk-provider-secret', place);
    const open = () => createVault(OTHER_KEY).open(sealed, place);
    expect(open).toThrow('A sealed value was made with another ENCRYPTION_MASTER_KEY than the one that is set');
    expect(open).not.toThrow(/sk-provider|0123456789|fedcba/);
  });

  it('refuses a master key that is not 32 bytes of hex, without repeating it', () => {
    for (const key of ['', 'abc', `${MASTER_KEY}0`, 'g'.repeat(64)]) {
      expect(() => createVault(key)).toThrow(/^ENCRYPTION_MASTER_KEY must be 64 hex characters \(32 bytes\)$/);
    }
  });
});
