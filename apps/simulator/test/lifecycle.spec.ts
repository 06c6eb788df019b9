import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startSimulator } from '../src/server.ts';
import { standFor } from './stand.ts';

describe('a simulator that is closed', () => {
  it('lets a running stream end, and waits no longer than that', async () => {
    const simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
    const answer = await standFor('openai', simulator.url).send('[[sim:drip 20]] a b c d', { stream: true });
    const started = performance.now();
    const closed = simulator.close();
    expect(await answer.text()).toContain('[DONE]');
    await closed;
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('gives up on an answer that never comes', async () => {
    const simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
    const hanging = expect(standFor('openai', simulator.url).send('[[sim:hang]]')).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = performance.now();
    await simulator.close();
    expect(performance.now() - started).toBeLessThan(2500);
    await hanging;
  });
});

describe('a reader that is slower than the simulator', () => {
  it('still gets every byte, once', async () => {
    const simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
    const body = JSON.stringify({
      model: 'small',
      stream: true,
      messages: [{ role: 'user', content: '[[sim:long 20000]]' }],
    });
    const socket = connect(simulator.port, '127.0.0.1');
    socket.pause();
    socket.write(
      `POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.resume();
    await once(socket, 'close');
    expect(
      Buffer.concat(chunks)
        .toString()
        .match(/"content":"[^"]/gu),
    ).toHaveLength(20_000);
    await simulator.close();
  });
});
