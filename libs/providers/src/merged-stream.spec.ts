import { describe, expect, it } from '@jest/globals';
import type { ChatChunkChoice, ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import { chatDoor, openaiChat, SseReader, TranslatedStream, type AnswerContext } from '@parley/dialects';
import fc from 'fast-check';
import type { PaidCall } from './answer.ts';
import type { StreamSink } from './live-stream.ts';
import { MergedStream } from './merged-stream.ts';

const context: AnswerContext = {
  target: { provider: 'vendor', upstreamModel: 'm', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};
const ESTIMATE: ChatUsage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

type Told = { deltas: object[]; finish: string; tokens: number | null };

/** What a provider sends for one choice, cut into events. */
function eventsOf({ deltas, finish, tokens }: Told, stream: number): Buffer[] {
  const envelope = { id: `id-${stream}`, object: 'chat.completion.chunk', created: 10 + stream, model: 'm' };
  const choice = (delta: object, reason: string | null) => [{ index: 0, delta, finish_reason: reason }];
  const usage = { prompt_tokens: tokens, completion_tokens: 1, total_tokens: (tokens ?? 0) + 1 };
  const values = [
    ...deltas.map((delta) => ({ ...envelope, choices: choice(delta, null) })),
    { ...envelope, choices: choice({}, finish) },
    ...(tokens === null ? [] : [{ ...envelope, choices: [], usage }]),
  ];
  return [...values.map((value) => JSON.stringify(value)), '[DONE]'].map((data) => Buffer.from(`data: ${data}\n\n`));
}

const parse = (bytes: Buffer): ChatCompletionChunk[] =>
  new SseReader().push(bytes).flatMap(({ data }) => (data === '[DONE]' ? [] : [JSON.parse(data)])) as never;

/** What the single stream says of its choice. */
function decodeAlone(events: readonly Buffer[]): ChatChunkChoice[] {
  const single = new TranslatedStream(openaiChat.openStreamDecoder(context), chatDoor.openStreamEncoder(CALL), false);
  const output = [...events.map((event) => single.push(event)), single.end(() => ESTIMATE)];
  return parse(Buffer.concat(output.filter((bytes) => bytes !== null))).flatMap(({ choices }) => choices);
}

const CALL = { body: {}, answerId: 'answer', created: 1 };

/** Streams that go on event by event, each joining the merged one when its answer has begun. */
function mergeStreams(count: number, includeUsage: boolean) {
  const paid: PaidCall[] = [];
  const output: Buffer[] = [];
  const seen = { ended: 0, error: undefined as unknown };
  const stop = new AbortController();
  const merged = new MergedStream(count, {
    encoder: chatDoor.openStreamEncoder(CALL),
    includeUsage,
    estimateUsage: () => ESTIMATE,
    pay: (call) => paid.push(call),
    stop,
  });
  merged.broken.catch(() => {});
  let joined = 0;
  const deliver = (): void => {
    merged.begin();
    merged.pipe({
      write: (bytes) => Boolean(output.push(bytes)),
      end: () => (seen.ended += 1),
      fail: (error) => (seen.error = error),
    });
  };
  const open = (index: number) => {
    const transform = new TranslatedStream(
      openaiChat.openStreamDecoder(context),
      merged.encoderOf(index),
      includeUsage,
    );
    let sink: StreamSink | undefined;
    const join = (): void => {
      if (sink || !transform.facts.begun) return;
      const { facts } = transform;
      merged.add({ facts, begunAtMs: 0, resume: () => {}, failure: () => undefined, pipe: (to) => (sink = to) });
      joined += 1;
      if (joined === count) deliver();
    };
    return {
      push(event: Buffer): void {
        const bytes = transform.push(event);
        if (bytes) sink!.write(bytes);
        join();
      },
      end(): void {
        const bytes = transform.end(() => ESTIMATE);
        join();
        if (bytes) sink!.write(bytes);
        sink!.end();
      },
      fail: (error: unknown) => sink?.fail(error),
    };
  };
  return { merged, paid, output, seen, stop, open };
}

const content = fc.record({ content: fc.string() });
const reasoning = fc.record({ reasoning_content: fc.string() });
const call = fc.record({
  tool_calls: fc.tuple(
    fc.record({ index: fc.nat(2), id: fc.string(), function: fc.record({ arguments: fc.string() }) }),
  ),
});
const told = fc.record({
  deltas: fc.array(fc.oneof(content, reasoning, call), { maxLength: 6 }),
  finish: fc.constantFrom('stop', 'length', 'content_filter'),
  tokens: fc.option(fc.integer({ min: 1, max: 1000 })),
});

describe('streams of one choice each, merged', () => {
  it('say of every choice what its own stream says, however they come', () => {
    const plan = fc.record({
      streams: fc.array(told, { minLength: 2, maxLength: 5 }),
      order: fc.infiniteStream(fc.nat()),
      includeUsage: fc.boolean(),
    });
    fc.assert(
      fc.property(plan, ({ streams, order, includeUsage }) => {
        const { output, paid, seen, open } = mergeStreams(streams.length, includeUsage);
        const waiting = streams.map((stream, index) => ({ events: eventsOf(stream, index), part: open(index) }));
        const left = [...waiting];
        const queues = new Map(waiting.map((each) => [each, [...each.events]]));
        while (left.length > 0) {
          const at = (order.next().value as number) % left.length;
          const event = queues.get(left[at]!)!.shift();
          if (event) left[at]!.part.push(event);
          else left.splice(at, 1)[0]!.part.end();
        }
        const chunks = parse(Buffer.concat(output));
        expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
        waiting.forEach(({ events }, index) => {
          const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
          expect(own).toEqual(decodeAlone(events).map((choice) => ({ ...choice, index })));
        });
        const prompts = streams.map(({ tokens }) => tokens ?? ESTIMATE.prompt_tokens);
        const sum = prompts.reduce((total, tokens) => total + tokens, 0);
        expect(paid.map(({ isEstimated }) => isEstimated).filter(Boolean)).toHaveLength(
          streams.filter(({ tokens }) => tokens === null).length,
        );
        expect(paid.reduce((total, { usage }) => total + usage.prompt_tokens, 0)).toBe(sum);
        const usages = chunks.filter(({ usage }) => usage);
        expect(usages.map(({ usage }) => usage!.prompt_tokens)).toEqual(includeUsage ? [sum] : []);
        expect([seen.ended, Buffer.concat(output).toString().split('data: [DONE]').length]).toEqual([1, 2]);
      }),
    );
  });

  it('say nothing more once one of them has failed, and stop the others', () => {
    const { open, output, paid, seen, stop, merged } = mergeStreams(2, false);
    const [first, second] = [open(0), open(1)];
    first.push(eventsOf({ deltas: [{ content: 'a' }], finish: 'stop', tokens: null }, 0)[0]!);
    second.push(eventsOf({ deltas: [{ content: 'b' }], finish: 'stop', tokens: null }, 1)[0]!);
    const error = new Error('broken');
    first.fail(error);
    const length = output.length;
    for (const event of eventsOf({ deltas: [{ content: 'c' }], finish: 'stop', tokens: null }, 1)) second.push(event);
    second.end();
    expect([output.length, seen.error, seen.ended]).toEqual([length, error, 0]);
    expect([stop.signal.reason, paid.length, merged.facts.done]).toEqual([error, 2, false]);
  });

  it('tell a client that comes late how they ended', () => {
    const build = () => {
      const merged = new MergedStream(1, {
        encoder: chatDoor.openStreamEncoder(CALL),
        includeUsage: false,
        estimateUsage: () => ESTIMATE,
        pay: () => {},
        stop: new AbortController(),
      });
      let sink: StreamSink | undefined;
      const facts = { begun: true, done: false, usage: null, outputChars: 3 };
      merged.add({ facts, begunAtMs: 0, resume: () => {}, failure: () => undefined, pipe: (to) => (sink = to) });
      merged.begin();
      const [event] = parse(eventsOf({ deltas: [{ content: 'abc' }], finish: 'stop', tokens: null }, 0)[0]!);
      merged.encoderOf(0).encode(event!);
      return { merged, sink: sink! };
    };
    const readLate = (merged: MergedStream) => {
      const seen: unknown[] = [];
      merged.pipe({
        write: (bytes) => Boolean(seen.push(bytes.toString())),
        end: () => seen.push('end'),
        fail: (error) => seen.push(error),
      });
      return seen;
    };
    const whole = build();
    whole.sink.end();
    expect(readLate(whole.merged)).toEqual([expect.stringContaining('"abc"'), 'data: [DONE]\n\n', 'end']);
    const broken = build();
    broken.sink.fail('why');
    expect(readLate(broken.merged)).toEqual([expect.stringContaining('"abc"'), 'why']);
  });
});
