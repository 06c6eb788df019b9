import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asking, postChat, readError, readStream, textOf } from './support/chat-client.ts';
import { foldStream } from './support/fold-stream.ts';
import { openStream } from './support/stream-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import {
  chatCompletion,
  chatEvent,
  DONE,
  sendJson,
  sendPieces,
  startUpstream,
  tokens,
  type Upstream,
} from './support/upstream.ts';

const REQUEST = asking('provider/m', 'Hi', { stream: true, stream_options: { include_usage: true } });
const HELLO = [
  chatEvent({ role: 'assistant', content: '' }),
  chatEvent({ content: 'Hello' }),
  chatEvent({ content: ' you' }),
];
const STOP = chatEvent({}, 'stop');

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  const connection = { name: 'provider', provider: 'openai-compatible', baseUrl: upstream.url } as const;
  gateway = await startTestGateway({ connections: [connection] });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

// Faults in a row would open the circuit.
beforeEach(() => gateway.runtime.resetHealth('provider'));

const readAnswer = async () => readStream(await postChat(gateway, REQUEST));

describe('a provider’s stream that deviates', () => {
  const usage = `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [], usage: tokens(3, 2) })}\n\n`;
  it.each([
    ['is plain', [...HELLO, STOP, usage, DONE]],
    ['has CRLF line ends', [[...HELLO, STOP, usage, DONE].join('').replaceAll('\n', '\r\n')]],
    [
      'has comments and named events',
      [': hi\n\n', ...HELLO.map((event) => `event: message\nid: 1\n${event}`), STOP, usage, DONE],
    ],
    ['starts with a byte order mark', [Buffer.from([0xef, 0xbb, 0xbf]), ...HELLO, STOP, usage, DONE]],
    ['has no space after data', [[...HELLO, STOP, usage, DONE].join('').replaceAll('data: ', 'data:')]],
    ['never says [DONE]', [...HELLO, STOP, usage]],
    ['says [DONE] twice', [...HELLO, STOP, usage, DONE, DONE]],
    ['goes on after [DONE]', [...HELLO, STOP, usage, DONE, chatEvent({ content: 'ghost' })]],
    ['repeats its finish', [...HELLO, STOP, STOP, usage, DONE]],
    ['forgets its finish', [...HELLO, usage, DONE]],
    [
      'has cumulative usage on every chunk',
      [
        ...HELLO.map((event, at) => event.replace('}\n\n', `,"usage":${JSON.stringify(tokens(3, at))}}\n\n`)),
        STOP,
        DONE,
      ],
    ],
    ['changes its id', [...HELLO, STOP.replace('chatcmpl-1', 'other'), usage, DONE]],
  ])('and %s is one right stream to the client', async (_name, pieces) => {
    upstream.script = sendPieces(pieces);
    const answer = foldStream(await readAnswer());
    expect(answer.choices).toMatchObject([{ text: 'Hello you', finish: 'stop' }]);
    expect(answer.usage).toMatchObject(tokens(3, 2));
  });

  it('and is one whole answer is a stream to the client', async () => {
    upstream.script = sendJson(chatCompletion('Whole', tokens(3, 2)));
    const answer = foldStream(await readAnswer());
    expect(answer.choices).toMatchObject([{ text: 'Whole', finish: 'stop' }]);
    expect(answer.usage).toMatchObject(tokens(3, 2));
  });

  it.each([
    ['ends without a finish', HELLO, 'upstream_incomplete'],
    [
      'holds an error object',
      [...HELLO, 'data: {"error":{"message":"overloaded","code":503}}\n\n'],
      'provider_unavailable',
    ],
    ['holds an event that is no JSON', [...HELLO, 'data: {"id":\n\n'], 'provider_bad_answer'],
    [
      'holds bytes that are no UTF-8',
      [...HELLO, Buffer.from('data: {"x":"\xff"}\n\n', 'latin1')],
      'provider_bad_answer',
    ],
  ])('and %s after content ends with an error event', async (_name, pieces, code) => {
    upstream.script = sendPieces(pieces, { gapMs: 50 });
    const before = upstream.requests.length;
    const seen = await readAnswer();
    expect(textOf(seen)).toBe('Hello you');
    expect(seen.done).toBe(false);
    expect(seen.error).toMatchObject({ code, provider: 'provider' });
    // What the client has seen cannot be taken back, so there is no second try.
    expect(upstream.requests.length - before).toBe(1);
  });

  it.each([
    ['is HTML', '<html>Sign in</html>', 'text/html'],
    ['is empty', '', 'text/event-stream'],
    ['is an empty list', '[]', 'application/json'],
    ['is no JSON', '{"id":', 'application/json'],
  ])('and %s from its start is an answer with status 502', async (_name, body, contentType) => {
    upstream.script = sendPieces([body], { contentType });
    const response = await postChat(gateway, REQUEST);
    expect(response.status).toBe(502);
    expect((await readError(response)).code).toMatch(/^(provider_bad_answer|upstream_incomplete)$/);
  });

  it('and is compressed unasked is refused, and not unpacked', async () => {
    upstream.script = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }).end('x');
    };
    const response = await postChat(gateway, REQUEST);
    expect([response.status, (await readError(response)).code]).toEqual([502, 'provider_bad_answer']);
  });
});

describe('a client that reads slowly', () => {
  it('makes the provider wait, and costs no memory', async () => {
    let written = 0;
    const event = chatEvent({ content: 'x'.repeat(16_000) });
    upstream.script = async ({ over: gone }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(HELLO[0]);
      while (!response.destroyed) {
        written += event.length;
        if (!response.write(event)) await Promise.race([once(response, 'drain'), gone]);
      }
    };
    const client = openStream(gateway, REQUEST);
    const response = await client.head;
    response.pause();
    let before = -1;
    // The buffers of the kernel fill first: several megabytes, in fits and starts when the machine is busy.
    for (let quietChecks = 0; quietChecks < 6; quietChecks = written === before ? quietChecks + 1 : 0) {
      before = written;
      await sleep(300);
    }
    expect(written).toBeGreaterThan(100_000);
    expect(written).toBeLessThan(40_000_000);
    await sleep(500);
    expect(written - before).toBeLessThan(1_000_000);
    client.request.destroy();
    const { aborted } = await upstream.requests.at(-1)!.over;
    expect(aborted).toBe(true);
  });
});
