import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { COMPOSE_VARIABLES, FOREIGN_VARIABLES, SETTINGS } from './variable-names.ts';

type Service = {
  image: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  networks: string[];
  volumes?: string[];
  ports?: string[];
  profiles?: string[];
  healthcheck?: { test?: string[]; disable?: boolean };
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  mem_limit?: string;
  stop_grace_period?: string;
};
type Compose = {
  name?: string;
  services: Record<string, Service>;
  volumes: Record<string, null>;
  networks: Record<string, { internal?: boolean } | null>;
};

const text = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const longRunning = services.filter(([name]) => name !== 'migrate');

describe('docker-compose.yml', () => {
  it('has no top-level name, which older releases of compose refuse', () => {
    expect(compose.name).toBeUndefined();
  });

  it('takes from .env only what .env.example offers', () => {
    const names = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    for (const name of names) expect([...COMPOSE_VARIABLES, ...SETTINGS]).toContain(name);
  });

  it('does not start without its secrets, and has no default for them', () => {
    for (const [, name = '', rest = ''] of text.matchAll(/\$\{(\w*(?:KEY|PASSWORD))([^}]*)\}/g)) {
      expect({ name, rest }).toEqual({ name, rest: ':?run "node tools/init-env.mjs" first' });
    }
  });

  it('sets only variables that somebody reads', () => {
    for (const [, { environment = {} }] of services) {
      for (const name of Object.keys(environment)) {
        expect([...SETTINGS, ...FOREIGN_VARIABLES, 'GRAFANA_PASSWORD']).toContain(name);
      }
    }
  });

  it('waits only for services that exist and can become what is waited for', () => {
    for (const [, { depends_on = {}, profiles }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const target = compose.services[name];
        expect(target).toBeDefined();
        if (condition === 'service_healthy') expect(target?.healthcheck?.test).toBeDefined();
        if (!profiles) expect(target?.profiles).toBeUndefined();
      }
    }
  });

  it('declares every volume and network that it uses, and no other', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((mount) => mount.split(':')[0] ?? ''));
    const named = mounts.filter((source) => !source.startsWith('.'));
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
    const networks = services.flatMap(([, service]) => service.networks);
    expect([...new Set(networks)].toSorted()).toEqual(Object.keys(compose.networks).toSorted());
  });

  it('publishes nothing beyond this machine but the gateway', () => {
    for (const [name, { ports = [] }] of services) {
      if (name === 'gateway') continue;
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });

  it('keeps the stores on a network without a way out, published nowhere', () => {
    expect(compose.networks.stores).toEqual({ internal: true });
    for (const name of ['postgres', 'redis']) {
      expect(compose.services[name]).toMatchObject({ networks: ['stores'] });
      expect(compose.services[name]?.ports).toBeUndefined();
    }
  });

  it('never lets Redis evict a job or forget it', () => {
    const command = compose.services.redis?.command?.join(' ');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--appendonly yes');
  });

  it.each(services)('locks %s down and limits its memory', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
    });
    expect(service.image).toMatch(/:(?!latest$)\S+$/);
  });

  it.each(longRunning)('asks %s whether it is healthy', (_name, service) => {
    expect(service.healthcheck?.test?.[0]).toBe('CMD');
  });

  it.each(['gateway', 'worker'])('gives %s longer to stop than it drains', (name) => {
    const { environment, stop_grace_period } = compose.services[name] ?? {};
    expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThan(Number(environment?.DRAIN_TIMEOUT_S));
  });
});
