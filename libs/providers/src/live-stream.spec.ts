import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { startSocketUpstream, startUpstream, until, type Upstream } from './http/upstream.testing.ts';
import { deliver, deploymentAt, ESTIMATE, openClient, streamOf } from './invoke.testing.ts';
import { readJsonOrText } from './live-stream.ts';

const client = openClient();
const upstreams: Upstream[] = [];
const open = async (upstream: Promise<Upstream>): Promise<Upstream> => {
  upstreams.push(await upstream);
  return upstream;
};
afterEach(async () => void (await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()))));
afterAll(() => client.close());

const SSE_HEADERS = { 'content-type': 'text/event-stream' };
const base = { id: 'x', object: 'chat.completion.chunk', created: 7, model: 'm' };
const chunk = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const ROLE = chunk({ role: 'assistant', content: '' });
const FINISH = chunk({}, 'stop');
const DONE = 'data: [DONE]\n\n';
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const failure = (code: string, fields: object = {}): unknown =>
  expect.objectContaining({ name: 'UpstreamFailureError', failure: expect.objectContaining({ code, ...fields }) });

const ask = (upstream: Upstream, options: Parameters<typeof client.ask>[1] = {}) =>
  client.ask(deploymentAt(upstream.url), { stream: true, ...options });
const streamed = (body: string | Buffer, headers: Record<string, string> = SSE_HEADERS): Promise<Upstream> =>
  open(startUpstream((response) => response.writeHead(200, headers).end(body)));

describe('a stream of the same format', () => {
  it('reaches the client byte for byte, and asked the provider for its usage', async () => {
    const body = ROLE + chunk({ content: 'при' }) + chunk({ content: 'вет' }) + FINISH;
    const counted = `data: ${JSON.stringify({ ...base, choices: [], usage })}\n\n`;
    const upstream = await streamed(body + counted + DONE);
    const stream = streamOf(await ask(upstream));
    expect(await deliver(stream)).toEqual({ text: body + DONE });
    expect(stream.facts).toMatchObject({ begun: true, done: true, usage });
    expect(JSON.parse(upstream.requests[0]!.body)).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('ends for the client at [DONE], although the provider keeps the connection open', async () => {
    const upstream = await open(
      startUpstream((response) =>
        response.writeHead(200, SSE_HEADERS).write(ROLE + chunk({ content: 'a' }) + FINISH + DONE),
      ),
    );
    const startMs = performance.now();
    expect(await deliver(streamOf(await ask(upstream)))).toEqual({
      text: ROLE + chunk({ content: 'a' }) + FINISH + DONE,
    });
    expect(performance.now() - startMs).toBeLessThan(500);
    await until(() => upstream.sockets.size === 0, 3000);
  });

  it('shows nothing of what comes after [DONE]', async () => {
    const upstream = await streamed(
      ROLE + chunk({ content: 'a' }) + FINISH + DONE + chunk({ content: 'GHOST' }) + DONE,
    );
    expect((await deliver(streamOf(await ask(upstream)))).text).toBe(ROLE + chunk({ content: 'a' }) + FINISH + DONE);
  });

  it('uses the connection again after a stream that ended by itself', async () => {
    const upstream = await streamed(ROLE + chunk({ content: 'a' }) + FINISH + DONE);
    await deliver(streamOf(await ask(upstream)));
    // The end of the body follows [DONE], and only then is the connection free.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await deliver(streamOf(await ask(upstream)));
    expect(upstream.sockets.size).toBe(1);
  });
});

describe('a stream of another format', () => {
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const CLAUDE = [
    event('message_start', { message: { id: 'msg', model: 'claude', usage: { input_tokens: 3, output_tokens: 1 } } }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'hi' } }),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }),
    event('message_stop', {}),
  ].join('');

  it('is translated, with the usage where it was asked for', async () => {
    const upstream = await streamed(CLAUDE);
    const deployment = deploymentAt(upstream.url, 'anthropic-compatible');
    const answer = await client.ask(deployment, { stream: true, fields: { stream_options: { include_usage: true } } });
    const { text } = await deliver(streamOf(answer));
    expect(text).toContain('"content":"hi"');
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).toContain('"prompt_tokens":3,"completion_tokens":2');
    expect(text.endsWith(DONE)).toBe(true);
  });

  it('comes from a provider that answered with a list of events instead', async () => {
    const part = (text: string, fields: object = {}): object => ({
      candidates: [{ content: { parts: [{ text }] }, ...fields }],
    });
    const upstream = await streamed(JSON.stringify([part('he'), part('llo', { finishReason: 'STOP' })]), {
      'content-type': 'application/json',
    });
    const answer = await client.ask(deploymentAt(upstream.url, 'google', 'gemini'), { stream: true });
    const { text } = await deliver(streamOf(answer));
    expect(text.replaceAll(/data: .*?"content":"(\w+)".*?\n\n/g, '$1 ')).toMatch(/^he llo /);
    expect(text.endsWith(DONE)).toBe(true);
    expect(upstream.requests[0]!.path).toBe('/v1beta/models/gemini:streamGenerateContent?alt=sse');
  });
});

describe('a provider that answers whole although it was asked to stream', () => {
  it('still gives the client a stream, with tool calls and usage', async () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const message = { role: 'assistant', content: 'hi', tool_calls: [call] };
    const whole = {
      ...base,
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
      usage,
    };
    const upstream = await streamed(JSON.stringify(whole), { 'content-type': 'application/json; charset=utf-8' });
    const stream = streamOf(await ask(upstream, { fields: { stream_options: { include_usage: true } } }));
    const { text } = await deliver(stream);
    const [first, last] = text.split('\n\n').map((block) => block.replace('data: ', ''));
    expect(JSON.parse(first!)).toEqual({
      ...base,
      choices: [{ index: 0, delta: { ...message, tool_calls: [{ ...call, index: 0 }] }, finish_reason: 'tool_calls' }],
      usage: null,
    });
    expect(JSON.parse(last!)).toEqual({ ...base, choices: [], usage });
    expect(stream.facts.usage).toEqual(usage);
  });
});

describe('a failure before the answer has begun', () => {
  it.each<[name: string, body: string, code: string, retryable: boolean]>([
    ['an error event', `${ROLE}data: {"error":{"message":"x","code":503}}\n\n`, 'provider_unavailable', false],
    ['an end without an answer', ROLE, 'upstream_incomplete', true],
    ['an empty stream', '', 'upstream_incomplete', true],
    ['[DONE] alone', DONE, 'upstream_incomplete', true],
    ['broken JSON', 'data: {"id":\n\n', 'provider_bad_answer', false],
  ])('is told before anything reached the client: %s', async (_name, body, code, retryable) => {
    await expect(ask(await streamed(body))).rejects.toEqual(failure(code, { retryable }));
  });

  it('may be an error answer, a redirect or a compressed stream', async () => {
    const refused = await open(
      startUpstream((response) => response.writeHead(429, { 'retry-after': '2' }).end('{"error":{"message":"slow"}}')),
    );
    await expect(ask(refused)).rejects.toEqual(
      failure('provider_rate_limited', { retryAfterMs: 2000, retryable: true }),
    );
    const redirected = await open(
      startUpstream((response) => response.writeHead(302, { location: refused.url }).end()),
    );
    await expect(ask(redirected)).rejects.toEqual(failure('provider_bad_answer'));
    expect(refused.requests).toHaveLength(1);
    await expect(ask(await streamed('x', { ...SSE_HEADERS, 'content-encoding': 'gzip' }))).rejects.toEqual(
      failure('provider_bad_answer'),
    );
  });

  it('may be a reset, which can be retried', async () => {
    const upstream = await open(
      startSocketUpstream((socket) =>
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${ROLE.length.toString(16)}\r\n${ROLE}\r\n`,
          () => socket.destroySoon(),
        ),
      ),
    );
    await expect(ask(upstream)).rejects.toEqual(failure('provider_unreachable', { retryable: true }));
  });
});

describe('a failure after the answer has begun', () => {
  const BEGUN = ROLE + chunk({ content: 'a' });

  it.each<[name: string, more: string, code: string]>([
    ['the connection breaks off', 'BREAK', 'upstream_incomplete'],
    ['the provider ends without a finish', '', 'upstream_incomplete'],
    ['the provider reports an error', 'data: {"error":{"message":"x"}}\n\n', 'provider_unavailable'],
    ['the bytes are no text', '\xff', 'provider_bad_answer'],
  ])('keeps what was said and tells the client, without an end: %s', async (_name, more, code) => {
    const upstream = await open(
      startUpstream((response) => {
        response.writeHead(200, SSE_HEADERS).write(BEGUN);
        setTimeout(
          () => (more === 'BREAK' ? response.destroy() : response.end(Buffer.from(`${more}\n\n`, 'latin1'))),
          50,
        );
      }),
    );
    expect(await deliver(streamOf(await ask(upstream)))).toEqual({ text: BEGUN, error: failure(code) });
  });

  it('is a stall when the provider falls silent', async () => {
    const upstream = await open(startUpstream((response) => response.writeHead(200, SSE_HEADERS).write(BEGUN)));
    const stream = streamOf(await ask(upstream, { limits: { withinBodyMs: 300 } }));
    expect(await deliver(stream)).toEqual({ text: BEGUN, error: failure('provider_stalled') });
  });

  it('is told only once the client has what came before it', async () => {
    const upstream = await open(
      startUpstream((response) => {
        response.writeHead(200, SSE_HEADERS).write(BEGUN);
        setTimeout(() => response.end('data: {"error":{"message":"x"}}\n\n'), 20);
      }),
    );
    const stream = streamOf(await ask(upstream));
    await until(() => upstream.sockets.size === 0);
    expect(await deliver(stream)).toEqual({ text: BEGUN, error: failure('provider_unavailable') });
  });
});

describe('a client of a stream', () => {
  /** Pours text for ever, as fast as the connection takes it. */
  const endless = async (): Promise<{ upstream: Upstream; sentBytes: () => number }> => {
    let sent = 0;
    const piece = chunk({ content: 'x'.repeat(16 * 1024) });
    const upstream = await open(
      startUpstream((response) => {
        const pour = (): void => {
          let wants = true;
          while (wants && !response.destroyed) {
            wants = response.write(piece);
            sent += piece.length;
          }
        };
        response.writeHead(200, SSE_HEADERS).on('drain', pour);
        response.write(ROLE);
        pour();
      }),
    );
    return { upstream, sentBytes: () => sent };
  };

  it('that leaves takes the provider connection with it, within 100 ms', async () => {
    const { upstream } = await endless();
    const controller = new AbortController();
    const stream = streamOf(await ask(upstream, { signal: controller.signal }));
    const delivered = deliver(stream);
    const reason = new GatewayError('client_closed_request');
    controller.abort(reason);
    expect(await until(() => upstream.sockets.size === 0)).toBeLessThan(100);
    expect((await delivered).error).toBe(reason);
  });

  it('that reads slowly slows the provider down, and loses nothing', async () => {
    const { upstream, sentBytes } = await endless();
    const controller = new AbortController();
    const stream = streamOf(await ask(upstream, { signal: controller.signal }));
    let received = 0;
    let slow = true;
    stream.pipe({ write: (bytes) => ((received += bytes.length), !slow), end: () => undefined, fail: () => undefined });
    let before = -1;
    // The buffers of both sides fill up; then nothing moves any more.
    for (let round = 0; round < 50 && before !== sentBytes(); round++) {
      before = sentBytes();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const [sentThen, receivedThen] = [sentBytes(), received];
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([sentBytes(), received]).toEqual([sentThen, receivedThen]);
    expect(receivedThen).toBeLessThan(1024 * 1024);
    slow = false;
    stream.resume();
    await until(() => received > sentThen);
    controller.abort(new Error('enough'));
  });
});

describe('readJsonOrText', () => {
  it.each<[string, Buffer, unknown]>([
    ['JSON', Buffer.from('{"a":1}'), { a: 1 }],
    ['text', Buffer.from('<html>'), '<html>'],
    ['nothing', Buffer.alloc(0), undefined],
    ['JSON that is no UTF-8, as text', Buffer.from([0x22, 0xff, 0x22]), '"\ufffd"'],
  ])('gives %s', (_name, body, expected) => {
    expect(readJsonOrText(body)).toEqual(expected);
  });
});

it('usage is estimated for the client when the provider counted nothing, and not taken for its word', async () => {
  const upstream = await streamed(ROLE + chunk({ content: 'a' }) + FINISH + DONE);
  const stream = streamOf(await ask(upstream, { fields: { stream_options: { include_usage: true } } }));
  expect((await deliver(stream)).text).toContain(JSON.stringify(ESTIMATE));
  expect(stream.facts.usage).toBeNull();
});
