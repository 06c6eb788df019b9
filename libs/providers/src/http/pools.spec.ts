import { afterEach, describe, expect, it } from '@jest/globals';
import { UpstreamPools } from './pools.ts';
import { startUpstream, until, type Upstream } from './upstream.testing.ts';

let upstream: Upstream | undefined;
const pools = new UpstreamPools();
afterEach(async () => {
  await pools.close();
  await upstream?.close();
});

describe('pools of connections', () => {
  it('are one per address, credential and right to private addresses', () => {
    const of = (origin: string, credential: string, isPrivate: boolean) => pools.poolFor(origin, credential, isPrivate);
    const known = of('http://127.0.0.1:1', 'a', true);
    expect(of('http://127.0.0.1:1', 'a', true)).toBe(known);
    const others = [
      of('http://127.0.0.1:2', 'a', true),
      of('https://127.0.0.1:1', 'a', true),
      of('http://127.0.0.1:1', 'b', true),
      of('http://127.0.0.1:1', 'a', false),
    ];
    expect(new Set([known, ...others]).size).toBe(5);
  });

  it('keep a connection for the next call, and never share it with another credential', async () => {
    upstream = await startUpstream((response) => response.end('ok'));
    const ask = async (credential: string): Promise<void> => {
      const { body } = await pools.poolFor(upstream!.url, credential, true).request({ path: '/', method: 'GET' });
      await body.text();
      // The connection is free again in the next turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await ask('a');
    await ask('a');
    expect(upstream.sockets.size).toBe(1);
    await ask('b');
    expect(upstream.sockets.size).toBe(2);
  });

  it('let running calls finish when they are closed, and then end their connections', async () => {
    upstream = await startUpstream((response) => setTimeout(() => response.end('late'), 100));
    const running = pools.poolFor(upstream.url, 'a', true).request({ path: '/', method: 'GET' });
    await until(() => upstream!.requests.length === 1);
    const closed = pools.close();
    expect(await (await running).body.text()).toBe('late');
    await closed;
    await until(() => upstream!.sockets.size === 0);
  });
});
