import { afterEach, describe, expect, it } from '@jest/globals';
import type { StoredConfiguration } from '@parley/persistence';
import { LiveConfiguration } from './live-configuration.ts';
import { stored, storedConnection } from './stored.testing.ts';

let configuration: LiveConfiguration;
afterEach(() => configuration.close());

/** What the database says can be changed, delayed and made to fail. */
function open() {
  const database = { connections: ['one'], error: undefined as Error | undefined, reads: 0, wait: Promise.resolve() };
  const reloads: string[][] = [];
  const problems: unknown[] = [];
  configuration = new LiveConfiguration({
    read: async (): Promise<StoredConfiguration> => {
      database.reads += 1;
      const connections = database.connections.map((name) => storedConnection(name));
      await database.wait;
      if (database.error) throw database.error;
      return stored({ connections });
    },
    options: { defaultModel: undefined },
    onReload: (snapshot) => void reloads.push([...snapshot.connections.keys()]),
    onProblem: (error) => void problems.push(error),
  });
  return { database, reloads, problems };
}
const names = (): string[] => [...configuration.current.connections.keys()];

describe('the configuration that is in force', () => {
  it('does not exist before it was read', async () => {
    open();
    expect(configuration.isLoaded).toBe(false);
    expect(() => configuration.current).toThrow('dependency_unavailable');
    await configuration.start();
    expect([configuration.isLoaded, configuration.isStale, names()]).toEqual([true, false, ['one']]);
  });

  it('is the newest state that was read, also when an older read ends later', async () => {
    const { database } = open();
    const slow = Promise.withResolvers<void>();
    database.connections = ['old'];
    database.wait = slow.promise;
    const older = configuration.reload();
    database.connections = ['new'];
    database.wait = Promise.resolve();
    await configuration.start();
    slow.resolve();
    await older;
    expect(names()).toEqual(['new']);
  });

  it('must be readable at the start', async () => {
    open().database.error = new Error('down');
    await expect(configuration.start()).rejects.toThrow('down');
  });

  it('is replaced whole: who holds the old one keeps it', async () => {
    const { database, reloads } = open();
    await configuration.start();
    const before = configuration.current;
    database.connections = ['one', 'two'];
    await configuration.reload();
    expect([[...before.connections.keys()], names()]).toEqual([['one'], ['one', 'two']]);
    expect(reloads).toEqual([['one'], ['one', 'two']]);
  });

  it('stays in force while the database is away, marked as stale, until it is read again', async () => {
    const { database, problems } = open();
    await configuration.start();
    database.error = new Error('down');
    await configuration.reload();
    expect([names(), configuration.isStale, problems]).toEqual([['one'], true, [database.error]]);
    database.error = undefined;
    await configuration.reload();
    expect(configuration.isStale).toBe(false);
    configuration.markStale();
    expect(configuration.isStale).toBe(true);
  });

  it('holds every change that was announced, however many come at once, in few reads', async () => {
    const { database } = open();
    await configuration.start();
    let release = (): void => undefined;
    database.wait = new Promise((resolve) => (release = resolve));
    const first = configuration.reload();
    // Announced while the first read has already seen the old state.
    database.connections = ['one', 'two'];
    const others = Array.from({ length: 20 }, () => configuration.reload());
    release();
    await Promise.all([first, ...others]);
    expect(names()).toEqual(['one', 'two']);
    expect(database.reads).toBe(3);
  });
});
