import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { BodyTooLargeError, Exchange, type ExchangeListener } from './exchange.ts';
import { UpstreamPools } from './pools.ts';
import { startUpstream, until, type Upstream } from './upstream.testing.ts';

const pools = new UpstreamPools();
let upstream: Upstream;
afterEach(() => upstream.close());
afterAll(() => pools.close());

/** Runs one exchange and writes down what it tells. */
function start(how: ReturnType<ExchangeListener['onHead']>, signal = new AbortController().signal) {
  const told: unknown[] = [];
  const exchange = new Exchange(
    {
      onHead: (status) => (told.push(status), how),
      onData: (bytes) => void told.push(bytes.toString()),
      onEnd: () => void told.push('end'),
      onBody: (bytes) => void told.push({ body: bytes.toString() }),
      onError: (error) => void told.push(error),
    },
    signal,
  );
  pools.poolFor(upstream.url, 'a', true).dispatch({ path: '/', method: 'GET' }, exchange);
  return { exchange, told };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 100));

describe('an exchange', () => {
  it('tells a body in pieces and its end, or the whole of it', async () => {
    upstream = await startUpstream((response) => response.end('body'));
    const [streamed, collected] = [start('stream'), start({ collectUpTo: 4 })];
    await until(() => streamed.told.length === 3 && collected.told.length === 2);
    expect(streamed.told).toEqual([200, 'body', 'end']);
    expect(collected.told).toEqual([200, { body: 'body' }]);
  });

  it('ends the request when a body grows past what its reader takes', async () => {
    upstream = await startUpstream((response) => response.end('a longer body'));
    const { told } = start({ collectUpTo: 4 });
    await until(() => told.length === 2);
    await settled();
    expect(told).toEqual([200, expect.any(BodyTooLargeError)]);
  });

  it('does not tell of interim answers', async () => {
    upstream = await startUpstream((response) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      response.end('x');
    });
    const { told } = start('stream');
    await until(() => told.length === 3);
    expect(told).toEqual([200, 'x', 'end']);
  });

  it("tells the signal's reason once, and nothing after it", async () => {
    upstream = await startUpstream((response) => response.write('begin'));
    const controller = new AbortController();
    const { told } = start('stream', controller.signal);
    await until(() => told.length === 2);
    controller.abort('gone');
    await until(() => upstream.sockets.size === 0);
    expect(told).toEqual([200, 'begin', 'gone']);
  });

  it('tells nothing any more once it was ended from this side', async () => {
    upstream = await startUpstream((response) => response.write('begin'));
    const controller = new AbortController();
    const { exchange, told } = start('stream', controller.signal);
    await until(() => told.length === 2);
    exchange.abort(new Error('enough'));
    controller.abort('gone');
    exchange.resume();
    await until(() => upstream.sockets.size === 0);
    expect(told).toEqual([200, 'begin']);
  });

  it('waits a while for an answer that is complete to end, then ends it', async () => {
    upstream = await startUpstream((response) => response.write('all there is'));
    const { exchange, told } = start('stream');
    await until(() => told.length === 2);
    exchange.letEnd(150);
    expect(upstream.sockets.size).toBe(1);
    expect(await until(() => upstream.sockets.size === 0)).toBeGreaterThan(80);
    expect(told).toEqual([200, 'all there is']);
  });
});
