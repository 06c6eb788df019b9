import { describe, expect, it } from '@jest/globals';
import { chooseQueueHome } from './queue-choice.mjs';

const choose = (facts: Partial<Parameters<typeof chooseQueueHome>[0]>) =>
  chooseQueueHome({ environment: {}, previous: undefined, hasRedisProgram: false, ...facts });

describe('where the queue lives', () => {
  it('is the Redis of REDIS_URL, else a private one, else Postgres', () => {
    const environment = { REDIS_URL: 'redis://127.0.0.1:6379' };
    expect(choose({ environment, hasRedisProgram: true })).toEqual({ home: 'redis-url' });
    expect(choose({ hasRedisProgram: true })).toEqual({ home: 'private-redis' });
    expect(choose({})).toEqual({ home: 'postgres' });
  });

  it('is Postgres when QUEUE asks for it, whatever else there is', () => {
    const environment = { QUEUE: 'postgres', REDIS_URL: 'redis://127.0.0.1:6379' };
    expect(choose({ environment, hasRedisProgram: true })).toEqual({ home: 'postgres' });
  });

  it('stays on Postgres when a Redis program appears later', () => {
    expect(choose({ previous: 'postgres', hasRedisProgram: true })).toEqual({ home: 'postgres' });
  });

  it('moves to Postgres with a line when the Redis program is gone', () => {
    const { home, notice } = choose({ previous: 'private-redis' });
    expect(home).toBe('postgres');
    expect(notice).toContain('no redis or valkey program is on the PATH');
  });

  it('moves with a line when the environment asks for another home than before', () => {
    const { home, notice } = choose({
      environment: { QUEUE: 'postgres' },
      previous: 'private-redis',
      hasRedisProgram: true,
    });
    expect(home).toBe('postgres');
    expect(notice).toBe(
      'The queue moves from a private Redis to Postgres (as configured); jobs that wait there stay there.',
    );
  });

  it('refuses QUEUE=redis where there is no Redis', () => {
    expect(() => choose({ environment: { QUEUE: 'redis' } })).toThrow(/no redis-server or valkey-server on the PATH/);
  });

  it('refuses a QUEUE that does not exist', () => {
    expect(() => choose({ environment: { QUEUE: 'kafka' } })).toThrow(
      'QUEUE must be "redis" or "postgres", but is "kafka".',
    );
  });
});
