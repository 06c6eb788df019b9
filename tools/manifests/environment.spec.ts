import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { environmentSchema, readEnvironment } from '@parley/contracts';
import { fillSecrets } from '../init-env.mjs';
import { CATALOG_VARIABLES, COMPOSE_VARIABLES, FURTHER_PROVIDER_VARIABLES, SETTINGS } from './variable-names.ts';

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
/** Name -> value, commented-out lines included. */
const documented = new Map(
  [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);
const DATABASE_URL = 'postgresql://parley@127.0.0.1/parley';

describe('.env.example', () => {
  it('names every variable that is read, and no other', () => {
    const known = [...SETTINGS, ...CATALOG_VARIABLES, ...FURTHER_PROVIDER_VARIABLES, ...COMPOSE_VARIABLES];
    expect([...documented.keys()].toSorted()).toEqual([...new Set(known)].toSorted());
  });

  it('names no variable of a provider apart that its catalog file names', () => {
    expect(FURTHER_PROVIDER_VARIABLES.filter((name) => CATALOG_VARIABLES.includes(name))).toEqual([]);
  });

  it('shows every default as it is', () => {
    const {
      DATABASE_URL: _given,
      ENCRYPTION_MASTER_KEY: _secret,
      ...defaults
    } = readEnvironment({
      DATABASE_URL,
      ENCRYPTION_MASTER_KEY: '0'.repeat(64),
    });
    for (const [name, value] of Object.entries(defaults)) {
      expect(`${name}=${documented.get(name)}`).toBe(`${name}=${String(value)}`);
    }
  });

  it('shows examples that the schema accepts', () => {
    const shape: Record<string, { safeParse(value: unknown): { success: boolean } }> = environmentSchema.shape;
    for (const name of SETTINGS) {
      const value = documented.get(name);
      if (value) expect({ name, accepted: shape[name]?.safeParse(value).success }).toEqual({ name, accepted: true });
    }
  });

  it('sets nothing but secrets and the name of the compose project', () => {
    const set = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
    expect(set).toEqual([
      'ENCRYPTION_MASTER_KEY',
      'ADMIN_KEY',
      'COMPOSE_PROJECT_NAME',
      'POSTGRES_PASSWORD',
      'GRAFANA_PASSWORD',
    ]);
  });
});

describe('init-env', () => {
  it('makes settings that the processes accept', () => {
    expect(() => readEnvironment({ DATABASE_URL, ...variablesSetIn(fillSecrets(example)) })).not.toThrow();
  });

  it('makes other secrets every time, each fit for a URL', () => {
    const first = variablesSetIn(fillSecrets(example));
    const second = variablesSetIn(fillSecrets(example));
    for (const name of ['ENCRYPTION_MASTER_KEY', 'ADMIN_KEY', 'POSTGRES_PASSWORD', 'GRAFANA_PASSWORD']) {
      expect(first[name]).toMatch(/^[A-Za-z0-9_-]{32,}$/);
      expect(first[name]).not.toBe(second[name]);
    }
  });

  it('refuses an example in which a secret has no place', () => {
    expect(() => fillSecrets('ADMIN_KEY=\n')).toThrow('ENCRYPTION_MASTER_KEY');
  });
});

function variablesSetIn(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}
