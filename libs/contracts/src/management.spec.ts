import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  aliasNameSchema,
  createConnectionSchema,
  createKeySchema,
  createModelSchema,
  storableText,
} from './management.ts';

describe('text of the management API', () => {
  it('can be stored by Postgres and carried by a log line, whatever was sent', () => {
    const schema = storableText(50);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        if (!schema.safeParse(text).success) return;
        expect(Buffer.from(text).every((byte) => byte >= 32 && byte !== 127)).toBe(true);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });

  it.each(['Łódź 東京 🙂', 'a-b_c:d/e'])('may be %j', (text) => {
    expect(storableText(50).safeParse(text).success).toBe(true);
  });

  it.each(['', 'a\0', 'a\n', '\u0085', '\ud800', 'x'.repeat(51)])('may not be %j', (text) => {
    expect(storableText(50).safeParse(text).success).toBe(false);
  });
});

describe('a base URL', () => {
  const accepts = (url: unknown) =>
    createConnectionSchema.safeParse({ name: 'n', provider: 'openai', base_url: url }).success;

  it.each(['https://api.openai.com/v1', 'http://[::1]:8000', 'http://host.docker.internal:11434/v1/', null, undefined])(
    'may be %j',
    (url) => {
      expect(accepts(url)).toBe(true);
    },
  );

  it.each(['', 'api.openai.com', 'ftp://x', 'http://', 'https://u@x', 'https://:p@x', 'https://x?a', 'https://x#a'])(
    'may not be %j',
    (url) => {
      expect(accepts(url)).toBe(false);
    },
  );
});

describe('ids', () => {
  it('of models hold slashes, those of aliases do not', () => {
    const model = { connection: 'openrouter', upstream_model: 'anthropic/claude' };
    expect(createModelSchema.safeParse({ ...model, model_id: 'openrouter/anthropic/claude' }).success).toBe(true);
    expect(aliasNameSchema.safeParse('a/b').success).toBe(false);
    expect(aliasNameSchema.safeParse('gpt-4o').success).toBe(true);
  });
});

describe('a provider key', () => {
  it.each(['a b', 'a\r\nx: y', 'ключ', ''])('may not be %j', (key) => {
    const body = { name: 'n', provider: 'openai', credentials: [{ api_key: key }] };
    expect(createConnectionSchema.safeParse(body).success).toBe(false);
  });
});

describe('an API key', () => {
  it("is a member's unless something else is said", () => {
    expect(createKeySchema.parse({ name: 'n' })).toEqual({ name: 'n', role: 'member' });
  });
});
