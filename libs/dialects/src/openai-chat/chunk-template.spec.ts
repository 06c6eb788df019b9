import { describe, expect, it } from '@jest/globals';
import type { ChatCompletionChunk, ChatDelta } from '@parley/contracts';
import fc from 'fast-check';
import { deriveTemplate, matchTemplate } from './chunk-template.ts';
import { byteByByte, context, decodeStream, fold, readChunks, relayStream, sse } from './fold.testing.ts';
import { ChatRelay } from './relay.ts';

const chunkWith = (delta: ChatDelta, fields: object = {}): ChatCompletionChunk => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1700000000,
  model: 'gpt',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  ...fields,
});
const block = (content: string, fields: object = {}): string => sse(chunkWith({ content }, fields));
const derive = (chunk: ChatCompletionChunk) => deriveTemplate(sse(chunk), chunk);

describe('recognising text deltas by comparison', () => {
  const template = derive(chunkWith({ content: 'Hello' }))!;

  it('matches the events that differ from the first in their text alone', () => {
    for (const content of ['', ' ', 'wörld 👋', '[DONE]', "data: x'", '\u007f']) {
      const latin1 = Buffer.from(block(content)).toString('latin1');
      expect(matchTemplate(template, latin1, 0)).toBe(latin1.length);
      expect(matchTemplate(template, `xx${latin1}rest`, 2)).toBe(latin1.length + 2);
    }
  });

  it('does not match text that needs escapes, and raw control characters', () => {
    for (const content of ['"', '\\', 'a\n', '\u0001']) expect(matchTemplate(template, block(content), 0)).toBe(-1);
    expect(matchTemplate(template, block('Z').replace('Z', '\n'), 0)).toBe(-1);
  });

  it('does not match half an event', () => {
    const whole = block('some text');
    for (let length = 0; length < whole.length; length++) {
      expect(matchTemplate(template, whole.slice(0, length), 0)).toBe(-1);
    }
  });

  it.each(['obfuscation', 'p'])('lets padding vary like the text: %s', (field) => {
    const padded = derive(chunkWith({ content: 'Hello' }, { [field]: 'aaaa' }))!;
    const other = block('x', { [field]: 'b' });
    expect(matchTemplate(padded, other, 0)).toBe(other.length);
  });

  it.each<[name: string, chunk: ChatCompletionChunk]>([
    ['no text', chunkWith({})],
    ['empty text', chunkWith({ content: '' })],
    ['a role', chunkWith({ role: 'assistant', content: 'a' })],
    ['a tool call', chunkWith({ content: 'a', tool_calls: [{ index: 0 }] })],
    ['escapes', chunkWith({ content: 'a\n' })],
    ['a finish', chunkWith({}, { choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }] })],
    [
      'two choices',
      chunkWith({}, { choices: [0, 1].map((index) => ({ index, delta: { content: 'a' }, finish_reason: null })) }),
    ],
  ])('makes no template of an event with %s', (_name, chunk) => {
    expect(derive(chunk)).toBeUndefined();
  });

  it('never matches an event that has one other byte outside its text', () => {
    const event = block('Hello');
    const from = event.indexOf('Hello');
    fc.assert(
      fc.property(fc.nat(event.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        fc.pre(at < from || at >= from + 'Hello'.length);
        fc.pre(event.charCodeAt(at) !== byte);
        const mutated = event.slice(0, at) + String.fromCharCode(byte) + event.slice(at + 1);
        // Inside the text a quote may close it early: what stands behind the match must then be no part of the event.
        expect(matchTemplate(template, mutated, 0)).toBe(-1);
      }),
      { numRuns: 2000 },
    );
  });

  it('never makes the relay differ from the decoder, whatever byte of a stream is another', () => {
    const body = Buffer.from(
      sse(chunkWith({ role: 'assistant', content: '' })) +
        ['one', ' two', ' three', ' four'].map((text) => block(text)).join('') +
        sse(chunkWith({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }), '[DONE]'),
    );
    const outcome = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, inBytes) => {
        const mutated = Buffer.from(body);
        mutated[at] = byte;
        const pieces = inBytes ? byteByByte(mutated) : [mutated];
        expect(outcome(() => fold(readChunks(relayStream(pieces, false))))).toEqual(
          outcome(() => fold(decodeStream(pieces).filter((chunk) => !chunk.usage))),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('counts the text of the answer, matched or parsed', () => {
    const relay = new ChatRelay(context, { includeUsage: false });
    relay.push(Buffer.from(['Hello', 'abc', '"de"', 'f'].map((text) => block(text)).join('')));
    expect(relay.facts.outputChars).toBe('Helloabc"de"f'.length);
  });
});
