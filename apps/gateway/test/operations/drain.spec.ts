import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chat, chatBody, codeOf, Stand } from './processes.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await Stand.start();
});
afterAll(() => stand?.close());

/** Starts a stream and waits for its first bytes. Resolves with what reads the rest. */
async function openStream(port: number, content: string): Promise<() => Promise<string>> {
  const response = await chat(port, stand.adminKey, content, { stream: true });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? '';
  return async () => {
    for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
    return text;
  };
}

describe('a gateway that is told to end', () => {
  it('lets 20 streams end, and takes no new connection meanwhile', async () => {
    const gateway = stand.start('gateway', { DRAIN_TIMEOUT_S: '20' });
    const port = await gateway.ready;
    const starting = Array.from({ length: 20 }, () => openStream(port, '[[sim:drip 60]] [[sim:long 40]]'));
    const streams = await Promise.all(starting);
    gateway.child.kill('SIGTERM');
    await sleep(100);
    await expect(fetch(`http://127.0.0.1:${port}/health/ready`)).rejects.toThrow('fetch failed');
    const texts = await Promise.all(streams.map((readAll) => readAll()));
    for (const text of texts) {
      expect(text).toMatch(/data: \[DONE\]\s*$/);
      expect(text).not.toContain('"error"');
    }
    const endedAt = performance.now();
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - endedAt).toBeLessThan(3_000);
    const rows: unknown[] = await stand.database.dataSource.query(
      `SELECT 1 FROM usage_events WHERE mode = 'stream' AND outcome = 'success'`,
    );
    expect(rows).toHaveLength(20);
  });

  it('tells what still runs at the end of the drain that it shuts down, and ends in time', async () => {
    const gateway = stand.start('gateway', { DRAIN_TIMEOUT_S: '1' });
    const port = await gateway.ready;
    const readAll = await openStream(port, '[[sim:drip 60000]] [[sim:long 40]]');
    const unanswered = chat(port, stand.adminKey, '[[sim:hang]]');
    await sleep(300);
    const toldAt = performance.now();
    gateway.child.kill('SIGTERM');
    const text = await readAll();
    expect(text).toContain('"code":"server_shutting_down"');
    expect(text).not.toContain('[DONE]');
    const answer = await unanswered;
    expect([answer.status, answer.headers.get('connection'), await codeOf(answer)]).toEqual([
      503,
      'close',
      'server_shutting_down',
    ]);
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - toldAt).toBeLessThan(6_000);
  });

  it('refuses requests on a connection from before, says that it is not ready, and hangs up', async () => {
    const gateway = stand.start('gateway', { DRAIN_TIMEOUT_S: '20' });
    const port = await gateway.ready;
    const send = async (lateRequest: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      const closed = once(socket, 'close');
      socket.write(requestText(stand.adminKey, chatBody('[[sim:drip 100]] [[sim:long 20]]', { stream: true })));
      await once(socket, 'data');
      setTimeout(() => socket.write(lateRequest), 400);
      await closed;
      // What comes after the end of the stream.
      return text.slice(text.indexOf('[DONE]'));
    };
    const refused = send(requestText(stand.adminKey, chatBody('Hi')));
    const notReady = send('GET /health/ready HTTP/1.1\r\nhost: here\r\n\r\n');
    await sleep(300);
    gateway.child.kill('SIGTERM');
    expect(await refused).toMatch(/HTTP\/1\.1 503 (.|\r\n)*connection: close\r\n(.|\r\n)*"server_shutting_down"/i);
    expect(await notReady).toMatch(/HTTP\/1\.1 503 (.|\r\n)*connection: close\r\n(.|\r\n)*shutting down/i);
    expect(await gateway.exited).toBe(0);
  });

  it('ends at once at a second signal', async () => {
    const gateway = stand.start('gateway', { DRAIN_TIMEOUT_S: '60' });
    const readAll = await openStream(await gateway.ready, '[[sim:drip 60000]] [[sim:long 40]]');
    gateway.child.kill('SIGTERM');
    await sleep(200);
    gateway.child.kill('SIGINT');
    await expect(readAll()).rejects.toThrow();
    expect(await gateway.exited).toBe(1);
  });

  it('drains as well when its supervisor is gone', async () => {
    const gateway = stand.start('gateway', { DRAIN_TIMEOUT_S: '20' });
    const readAll = await openStream(await gateway.ready, '[[sim:drip 60]] [[sim:long 20]]');
    gateway.child.disconnect();
    expect(await readAll()).toContain('[DONE]');
    expect(await gateway.exited).toBe(0);
  });
});

function requestText(key: string, body: string): string {
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: here',
    'content-type: application/json',
    `authorization: Bearer ${key}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
