import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asking, parseStream, postChat, readError, readStream, textOf } from './support/chat-client.ts';
import { foldStream } from './support/fold-stream.ts';
import { CONNECTIONS, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';
import { eventually, openStream } from './support/stream-client.ts';

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
});
afterAll(() => gateway?.close());

const streaming = (connection: string, content: string): object =>
  asking(`${connection}/small`, content, { stream: true });

const lastEntry = async () => (await gateway.simulator.journal()).at(-1);

describe.each(CONNECTIONS)('a stream from %s', (connection) => {
  it('arrives as it is made: the first word long before the last', async () => {
    const startedMs = performance.now();
    const response = await openStream(gateway, streaming(connection, '[[sim:drip 40]] [[sim:long 10]]')).head;
    const atMs: number[] = [];
    let text = '';
    for await (const piece of response) {
      atMs.push(performance.now() - startedMs);
      text += String(piece);
    }
    expect(textOf(parseStream(text))).toMatch(/^the quick brown fox/);
    expect(atMs.length).toBeGreaterThan(5);
    expect(atMs.at(-1)! - atMs[0]!).toBeGreaterThan(250);
  });

  it('says that it is one, and that nothing may keep it back', async () => {
    const response = await postChat(gateway, streaming(connection, 'Hi'));
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('x-parley-model')).toBe(`${connection}/small`);
    expect(foldStream(await readStream(response)).choices[0]?.text).toBe('You said: Hi');
  });

  it('that its client leaves in the middle ends upstream within 2 s', async () => {
    const client = openStream(gateway, streaming(connection, '[[sim:drip 20]] [[sim:long 2000]]'));
    await once(await client.head, 'data');
    client.request.destroy();
    const leftMs = performance.now();
    await eventually('the provider sees the client leave', async () => (await lastEntry())?.aborted === true);
    expect(performance.now() - leftMs).toBeLessThan(2000);
  });

  it('that its client leaves before the first byte ends upstream within 2 s', async () => {
    await gateway.simulator.reset();
    const client = openStream(gateway, streaming(connection, '[[sim:slow 20000]]'));
    await eventually('the provider is asked', async () => (await lastEntry()) !== undefined);
    client.request.destroy();
    const leftMs = performance.now();
    await eventually('the provider sees the client leave', async () => (await lastEntry())?.aborted === true);
    expect(performance.now() - leftMs).toBeLessThan(2000);
    expect(await gateway.simulator.journal()).toHaveLength(1);
  });

  it('that fails before its first word is an answer with a status', async () => {
    const response = await postChat(gateway, streaming(connection, '[[sim:error 400]]'));
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await readError(response)).toMatchObject({ code: 'provider_refused_request', provider: connection });
  });

  it('that fails in the middle ends with an error event and no [DONE]', async () => {
    const seen = await readStream(
      await postChat(gateway, streaming(connection, '[[sim:drip 50]] [[sim:fail 3]] [[sim:long 20]]')),
    );
    expect(textOf(seen)).toMatch(/^the/);
    expect(seen.done).toBe(false);
    expect(seen.error).toMatchObject({ code: 'provider_unavailable', type: 'server_error', provider: connection });
    expect(seen.error?.message).not.toBe('');
    expect(seen.error?.request_id).toMatch(/^req_/);
  });

  it('that is cut in the middle ends with an error event and no [DONE]', async () => {
    const seen = await readStream(await postChat(gateway, streaming(connection, '[[sim:cut 3]] [[sim:long 20]]')));
    expect(textOf(seen)).toBe('the quick brown'.slice(0, textOf(seen).length));
    expect(seen.done).toBe(false);
    expect(seen.error).toMatchObject({ code: 'upstream_incomplete', retryable: true });
    expect(seen.chunks.flatMap(({ choices }) => choices).every(({ finish_reason: finish }) => !finish)).toBe(true);
  });

  it('tells its error in the language of its client', async () => {
    const headers = { 'accept-language': 'uk' };
    const request = streaming(connection, '[[sim:cut 2]] [[sim:long 20]]');
    const { error } = await readStream(await postChat(gateway, request, { headers }));
    expect(error?.message).toMatch(/[іїєґ]/);
  });
});

describe('many streams', () => {
  it('at once do not mix', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const connection = CONNECTIONS[index % 3]!;
        const words = `stream ${index} ${`word${index} `.repeat(10).trim()}`;
        const seen = await readStream(await postChat(gateway, streaming(connection, `[[sim:drip 5]] ${words}`)));
        return { expected: `You said: ${words}`, answer: foldStream(seen) };
      }),
    );
    for (const { expected, answer } of answers) expect(answer.choices[0]?.text).toBe(expected);
  });

  it('leave nothing running behind', async () => {
    const running = async (): Promise<string[]> => {
      const text = await gateway.runtime.registry.metrics();
      return text.split('\n').filter((line) => /^parley_(streams_active|http_requests_in_flight)\{.*[1-9]$/.test(line));
    };
    await eventually('every gauge of what runs is at zero', async () => (await running()).length === 0);
  });
});
