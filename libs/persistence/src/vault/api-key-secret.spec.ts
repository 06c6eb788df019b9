import { describe, expect, it } from '@jest/globals';
import { createKeyHasher, generateApiKey } from './api-key-secret.ts';

describe('API key secrets', () => {
  it('are sk-parley- and 43 base64url characters, never twice the same', () => {
    const secrets = Array.from({ length: 100 }, generateApiKey);
    for (const secret of secrets) expect(secret).toMatch(/^sk-parley-[A-Za-z0-9_-]{43}$/);
    expect(new Set(secrets).size).toBe(100);
  });

  it('hash to the same hex under the same master key and to another under another', () => {
    const secret = generateApiKey();
    const hash = createKeyHasher('ab'.repeat(32));
    expect(hash(secret)).toMatch(/^[0-9a-f]{64}$/);
    expect(createKeyHasher('AB'.repeat(32))(secret)).toBe(hash(secret));
    expect(createKeyHasher('cd'.repeat(32))(secret)).not.toBe(hash(secret));
    expect(hash(generateApiKey())).not.toBe(hash(secret));
  });
});
