import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError, type ChatCompletionChunk } from '@parley/contracts';
import { startUpstream, until, type Upstream } from './http/upstream.testing.ts';
import { deliver, ESTIMATE, oneChoiceAt, openClient, openMemory, rejection, streamOf } from './invoke.testing.ts';

const client = openClient();
let upstream: Upstream;
afterEach(() => upstream?.close());
afterAll(() => client.close());

const EVENTS = { 'content-type': 'text/event-stream' };

const chunkOf = (id: string, delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({
    id,
    object: 'chat.completion.chunk',
    created: 7,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`;
const usageOf = (id: string, tokens: number): string =>
  `data: ${JSON.stringify({
    id,
    object: 'chat.completion.chunk',
    created: 7,
    model: 'm',
    choices: [],
    usage: { prompt_tokens: tokens, completion_tokens: tokens, total_tokens: 2 * tokens },
  })}\n\n`;
const DONE = 'data: [DONE]\n\n';

/** Streams that are written by hand: `writers[i]` belongs to the i-th request. */
async function startStreams(): Promise<ServerResponse[]> {
  const writers: ServerResponse[] = [];
  upstream = await startUpstream((response) => {
    writers.push(response);
    response.writeHead(200, EVENTS).flushHeaders();
  });
  return writers;
}
const parse = (text: string): ChatCompletionChunk[] =>
  text
    .split('\n\n')
    .filter((block) => block !== '' && block !== 'data: [DONE]')
    .map((block) => JSON.parse(block.slice('data: '.length)) as ChatCompletionChunk);
const textOf = (chunks: readonly ChatCompletionChunk[], index: number): string =>
  chunks
    .flatMap(({ choices }) => choices.filter((choice) => choice.index === index))
    .map(({ delta }) => delta.content ?? '')
    .join('');

describe('streamed choices of a provider that gives one', () => {
  it('are one stream, which begins when all have begun, and ends once', async () => {
    const writers = await startStreams();
    const memory = openMemory();
    const options = { stream: true, fields: { n: 2, stream_options: { include_usage: true } } };
    let hasBegun = false;
    const asked = client.askForChoices(oneChoiceAt(upstream.url), options, memory).finally(() => (hasBegun = true));
    await until(() => writers.length === 2);
    writers[0]!.write(chunkOf('first', { role: 'assistant', content: 'a' }));
    await sleep(50);
    expect(hasBegun).toBe(false);
    writers[1]!.write(chunkOf('second', { role: 'assistant', content: 'b' }));
    const answer = await asked;
    expect(answer.losses).toMatchObject([{ param: 'n', action: 'emulated' }]);
    const delivered = deliver(streamOf(answer));
    writers[1]!.end(`${chunkOf('second', { content: 'B' }, 'length')}${usageOf('second', 3)}${DONE}`);
    await sleep(20);
    writers[0]!.end(`${chunkOf('first', {}, 'stop')}${usageOf('first', 2)}${DONE}`);
    const { text, error } = await delivered;
    expect([error, text.split(DONE).length, text.endsWith(DONE)]).toEqual([undefined, 2, true]);
    const chunks = parse(text);
    expect([textOf(chunks, 0), textOf(chunks, 1)].sort()).toEqual(['a', 'bB']);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.filter(({ finish_reason: finish }) => finish !== null)).toHaveLength(2);
    expect(chunks.map(({ usage }) => usage ?? null).filter((usage) => usage !== null)).toEqual([
      { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
    ]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 10 } });
    expect(memory.paid.map(({ usage }) => usage.prompt_tokens).sort((a, b) => a - b)).toEqual([2, 3]);
    expect(streamOf(answer).facts).toMatchObject({ begun: true, done: true, usage: { total_tokens: 10 } });
  });

  it('fail unseen when one fails before all have begun, and what was said is paid for', async () => {
    const writers = await startStreams();
    const memory = openMemory();
    const asked = rejection(
      client.askForChoices(oneChoiceAt(upstream.url), { stream: true, fields: { n: 3 } }, memory),
    );
    await until(() => writers.length === 3);
    writers[0]!.write(chunkOf('first', { role: 'assistant', content: 'a' }));
    await sleep(30);
    writers[1]!.write(`data: ${JSON.stringify({ error: { message: 'overloaded', code: 503 } })}\n\n`);
    const error = await asked;
    expect([error.name, memory.paid]).toEqual(['UpstreamFailureError', [{ usage: ESTIMATE, isEstimated: true }]]);
    await until(() => upstream.sockets.size === 0);
  });

  it('fail unseen when one that had begun breaks off before all have', async () => {
    const writers = await startStreams();
    const asked = rejection(client.askForChoices(oneChoiceAt(upstream.url), { stream: true, fields: { n: 2 } }));
    await until(() => writers.length === 2);
    writers[0]!.write(chunkOf('first', { role: 'assistant', content: 'a' }));
    await sleep(30);
    writers[0]!.destroy();
    expect((await asked).failure.code).toBe('upstream_incomplete');
    await until(() => upstream.sockets.size === 0);
  });

  it('end as failed when one fails after that, and all others with it', async () => {
    const writers = await startStreams();
    const memory = openMemory();
    const options = { stream: true, fields: { n: 3 } };
    const asked = client.askForChoices(oneChoiceAt(upstream.url), options, memory);
    await until(() => writers.length === 3);
    for (const [index, writer] of writers.entries()) writer.write(chunkOf('x', { content: String(index) }));
    const stream = streamOf(await asked);
    const delivered = deliver(stream);
    writers[2]!.write(`${chunkOf('x', { content: 'more' })}data: ${JSON.stringify({ error: { message: 'no' } })}\n\n`);
    const { text, error } = await delivered;
    expect(error).toMatchObject({ name: 'UpstreamFailureError' });
    expect(text).not.toContain(DONE);
    expect(text).toContain('"more"');
    expect(memory.paid).toHaveLength(3);
    expect(stream.facts.done).toBe(false);
    await until(() => upstream.sockets.size === 0);
  });

  it('pause all together while the client reads too slowly', async () => {
    const writers = await startStreams();
    const controller = new AbortController();
    const options = { stream: true, fields: { n: 3 }, signal: controller.signal };
    const asked = client.askForChoices(oneChoiceAt(upstream.url), options);
    await until(() => writers.length === 3);
    const piece = chunkOf('x', { content: 'z'.repeat(60_000) });
    for (const writer of writers) writer.write(piece);
    const stream = streamOf(await asked);
    let received = 0;
    stream.pipe({ write: (bytes) => ((received += bytes.length), false), end: () => {}, fail: () => {} });
    const flood = (writer: ServerResponse): void => {
      while (!writer.destroyed && writer.writableLength < 4_000_000) writer.write(piece);
    };
    const pour = async (): Promise<number> => {
      for (const writer of writers) flood(writer);
      await sleep(200);
      return received;
    };
    const before = await pour();
    expect(await pour()).toBe(before);
    expect(writers.every(({ writableLength }) => writableLength > 0)).toBe(true);
    stream.resume();
    await until(() => received > before);
    controller.abort(new GatewayError('client_closed_request'));
  });

  it('end together when the caller gives up', async () => {
    const writers = await startStreams();
    const controller = new AbortController();
    const options = { stream: true, fields: { n: 3 }, signal: controller.signal };
    const asked = client.askForChoices(oneChoiceAt(upstream.url), options);
    await until(() => writers.length === 3);
    for (const writer of writers) writer.write(chunkOf('x', { content: 'a' }));
    const delivered = deliver(streamOf(await asked));
    const reason = new GatewayError('client_closed_request');
    controller.abort(reason);
    expect((await delivered).error).toBe(reason);
    await until(() => upstream.sockets.size === 0);
  });

  it('of a provider that answers whole although it was asked to stream are a stream all the same', async () => {
    const answer = { role: 'assistant', content: 'hi' };
    const completion = { id: 'x', choices: [{ index: 0, message: answer, finish_reason: 'stop' }] };
    upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion));
    });
    const options = { stream: true, fields: { n: 2 } };
    const { text } = await deliver(streamOf(await client.askForChoices(oneChoiceAt(upstream.url), options)));
    const chunks = parse(text);
    expect([textOf(chunks, 0), textOf(chunks, 1)]).toEqual(['hi', 'hi']);
    expect(text.endsWith(DONE)).toBe(true);
  });
});
