import { afterEach, describe, expect, it } from '@jest/globals';
import { startHealthServer, type HealthServer } from './health-server.ts';

let server: HealthServer | undefined;
afterEach(() => server?.close());

const start = async (isReady: () => Promise<boolean>) => {
  const readMetrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' });
  const started = await startHealthServer({ host: '127.0.0.1', port: 0, isReady, readMetrics });
  server = started;
  return (path: string) => fetch(`http://127.0.0.1:${started.port}${path}`);
};

describe('the health of a worker', () => {
  it('is alive whether or not it is ready', async () => {
    const get = await start(() => Promise.reject(new Error('Postgres is away')));
    expect([(await get('/health/live')).status, (await get('/health/ready')).status]).toEqual([200, 503]);
  });

  it('is ready when it works, shows metrics, and has nothing else', async () => {
    const get = await start(() => Promise.resolve(true));
    expect((await get('/health/ready?verbose')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toBe('up 1\n');
    expect((await get('/v1/files')).status).toBe(404);
  });
});
