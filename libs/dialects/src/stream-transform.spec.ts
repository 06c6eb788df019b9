import { describe, expect, it } from '@jest/globals';
import type { ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import { UpstreamFailureError, type StreamDecoder } from './dialect.ts';
import { TranslatedStream, type StreamEncoder } from './stream-transform.ts';

const chunk = (fields: Partial<ChatCompletionChunk>): ChatCompletionChunk => ({
  id: 'x',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [],
  ...fields,
});
const textChunk = (content: string) => chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const finishChunk = chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const usage: ChatUsage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const estimated: ChatUsage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

/** Events `t:<text>`, `f` for the finish, `u` for usage; what is owed at the end is given. */
const decoder = (owed: ChatCompletionChunk[] = []): StreamDecoder => ({
  push({ data }) {
    if (data === 'f') return [finishChunk];
    return data === 'u' ? [chunk({ usage })] : [textChunk(data.slice(2))];
  },
  end: () => owed,
});
/** Writes text, `|` for a finish, `<n>` for usage of n tokens, `.` at the end. */
const encoder: StreamEncoder = {
  encode: ({ choices, usage: counted }) =>
    choices.map(({ delta, finish_reason }) => (delta.content ?? '') + (finish_reason ? '|' : '')).join('') +
    (counted ? `<${counted.total_tokens}>` : ''),
  finish: () => '.',
};
const events = (...data: string[]): Buffer => Buffer.from(data.map((each) => `data: ${each}\n\n`).join(''));

function run(stream: TranslatedStream, pieces: Buffer[]): string {
  const output = pieces.map((piece) => stream.push(piece));
  output.push(stream.end(() => estimated));
  return Buffer.concat(output.filter((part) => part !== null)).toString();
}

describe('a stream that is translated', () => {
  it('writes for the door what the decoder reads, in whatever pieces it comes', () => {
    const body = events('t:при', 't:вет', 'f', 'u');
    const inBytes = [...body].map((byte) => Buffer.from([byte]));
    expect(run(new TranslatedStream(decoder(), encoder, true), [body])).toBe('привет|<5>.');
    expect(run(new TranslatedStream(decoder(), encoder, true), inBytes)).toBe('привет|<5>.');
  });

  it('shows usage only where it was asked for, and knows it anyway', () => {
    const stream = new TranslatedStream(decoder(), encoder, false);
    expect(run(stream, [events('t:a', 'f', 'u')])).toBe('a|.');
    expect(stream.facts).toEqual({ begun: true, done: true, usage, outputChars: 1 });
  });

  it('takes usage that the decoder owes at the end', () => {
    const stream = new TranslatedStream(decoder([finishChunk, chunk({ usage })]), encoder, true);
    expect(run(stream, [events('t:a')])).toBe('a|<5>.');
    expect(stream.facts.usage).toEqual(usage);
  });

  it.each<[name: string, data: string[], owed: ChatCompletionChunk[]]>([
    ['has come', ['t:a', 'f'], []],
    ['is owed at the end', ['t:a'], [finishChunk]],
  ])(
    'estimates usage that the provider did not give when the finish %s, and does not take it for its word',
    (_name, data, owed) => {
      const stream = new TranslatedStream(decoder(owed), encoder, true);
      expect(run(stream, [events(...data)])).toBe('a|<2>.');
      expect(stream.facts.usage).toBeNull();
    },
  );

  it('estimates nothing that was not asked for', () => {
    const stream = new TranslatedStream(decoder(), encoder, false);
    stream.push(events('t:a', 'f'));
    expect(() =>
      stream.end(() => {
        throw new Error('estimated');
      }),
    ).not.toThrow();
  });

  it('has begun with the first content, not with the first event', () => {
    const stream = new TranslatedStream(decoder(), encoder, false);
    stream.push(events('t:'));
    expect(stream.facts.begun).toBe(false);
    stream.push(events('t:a'));
    expect(stream.facts.begun).toBe(true);
  });

  it('calls bytes that are no text a failure of the provider', () => {
    const stream = new TranslatedStream(decoder(), encoder, false);
    expect(() => stream.push(Buffer.from([0xff]))).toThrow(UpstreamFailureError);
  });
});
