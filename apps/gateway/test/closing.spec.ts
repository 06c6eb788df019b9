import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

const TOO_LARGE = 64 * 1024 * 1024;

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(sendJson(chatCompletion('fine')));
  gateway = await startTestGateway({
    environment: { BODY_LIMIT_MIB: '1' },
    connections: [{ name: 'chat', provider: 'openai-compatible', baseUrl: upstream.url, models: [{ name: 'm' }] }],
  });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});
afterEach(() => {
  upstream.requests.length = 0;
});

const bodyWith = (content: string): string =>
  JSON.stringify({ model: 'chat/m', messages: [{ role: 'user', content }] });

const headOf = (length: number): string =>
  [
    'POST /v1/chat/completions HTTP/1.1',
    'host: parley',
    `authorization: Bearer ${gateway.adminKey}`,
    'content-type: application/json',
    `content-length: ${length}`,
    '',
    '',
  ].join('\r\n');

/** A client that looks at what it gets only when it has written all. */
type Stubborn = { socket: Socket; received: () => string; failure: () => Error | undefined };

async function openStubborn(): Promise<Stubborn> {
  const socket = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  let failure: Error | undefined;
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  socket.on('error', (error) => (failure = error));
  await once(socket, 'connect');
  return { socket, received: () => text, failure: () => failure };
}

describe('a connection that is closed before the request is read to its end', () => {
  it('lets the client write on, so that it gets to read the answer', async () => {
    const { socket, received, failure } = await openStubborn();
    socket.write(headOf(TOO_LARGE));
    await once(socket, 'end');
    for (let time = 0; time < 10; time++) {
      socket.write('x'.repeat(1024 * 1024));
      await sleep(50);
    }
    expect(failure()).toBeUndefined();
    expect(received()).toContain('HTTP/1.1 413');
    expect(received()).toContain('"code":"request_too_large"');
    socket.destroy();
  });

  it('takes nothing that follows for a request', async () => {
    const { socket, received } = await openStubborn();
    const second = bodyWith('Hi');
    socket.write(headOf(2 * 1024 * 1024));
    socket.write('x'.repeat(2 * 1024 * 1024) + headOf(Buffer.byteLength(second)) + second);
    await once(socket, 'end');
    await sleep(300);
    expect(received().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
    expect(upstream.requests).toHaveLength(0);
    socket.destroy();
  });

  it('is closed for good when its client goes on and on', async () => {
    const { socket, received } = await openStubborn();
    socket.write(headOf(TOO_LARGE));
    const dripping = setInterval(() => socket.write('x'.repeat(1024)), 20);
    // Not `once`, which fails with the reset that is to come.
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    expect(received()).toContain('HTTP/1.1 413');
  });
});
