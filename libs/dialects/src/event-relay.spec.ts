import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamFailureError } from './dialect.ts';
import { EventRelay, type EventWatcher } from './event-relay.ts';
import { EventTemplates } from './event-template.ts';
import type { SseEvent } from './sse.ts';
import { badAnswer } from './stream-transform.ts';

/** Notes what it is shown; events named in `replaced` are put in other words. */
class Watcher implements EventWatcher {
  readonly seen: string[] = [];
  passedChars = 0;
  isDone = false;
  constructor(
    readonly keepsComments = true,
    private readonly replaced: readonly string[] = [],
  ) {}
  watch({ data }: SseEvent): string | undefined {
    this.seen.push(data);
    if (data === 'fail') throw badAnswer('it failed');
    this.isDone = data === 'done';
    return this.replaced.includes(data) ? `<${data}>` : undefined;
  }
  isRepeatable = (): boolean => true;
  notePassed(chars: number): void {
    this.passedChars += chars;
  }
}

const templates = new EventTemplates({ text: ['text'], numbers: ['number'] });
const open = (watcher: Watcher, maxEventBytes = 1024) =>
  new EventRelay(watcher, { templates, keepsPassed: true, maxEventBytes });

function relay(
  bytes: Buffer,
  cuts: readonly number[] = [],
  watcher = new Watcher(),
): { passed: string; seen: string[] } {
  const events = open(watcher);
  const edges = [0, ...cuts.map((at) => Math.min(at, bytes.length)).toSorted((a, b) => a - b), bytes.length];
  const pieces = edges.slice(1).map((end, index) => events.push(bytes.subarray(edges[index], end)));
  const passed = [...pieces, events.end()].map((piece) => piece?.toString() ?? '').join('');
  return { passed, seen: watcher.seen };
}

const event = (text: string, number = 1): string => `data: ${JSON.stringify({ text, number })}\n\n`;

describe('EventRelay', () => {
  it.each(['\n', '\r\n', '\r'])('passes every byte on, wherever the network cuts them (line end %j)', (lineEnd) => {
    const part = fc.oneof(
      fc.constantFrom(': comment\n\n', 'event: a\ndata: 1\ndata: 2\n\n', '\n', 'data: ä👋\n\n'),
      fc.string({ unit: 'grapheme' }).map((text) => event(text)),
    );
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(400)), (parts, cuts) => {
        const text = parts.join('').replaceAll('\n', lineEnd);
        const { passed } = relay(Buffer.from(text), cuts);
        // What lacks its blank line gets one at the end.
        expect(passed.startsWith(text)).toBe(true);
        expect(passed.slice(text.length)).toMatch(/^[\r\n]*$/);
      }),
    );
  });

  it('shows the watcher every event that says something other than the one before, however it is cut', () => {
    const text = `${event('a')}${event('b"\\\n')}${event('c', 20)}data: other\n\n${event('d', 21)}data: done\n\n`;
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const watcher = new Watcher();
        const { seen } = relay(Buffer.from(text), cuts, watcher);
        expect(seen).toEqual([JSON.stringify({ text: 'a', number: 1 }), 'other', 'done']);
        expect(watcher.passedChars).toBe('b\\"\\\\\\n'.length - 3 + 'c'.length + 'd'.length);
      }),
    );
  });

  it('remembers the last event that went on unread, until another was read', () => {
    const events = open(new Watcher());
    events.push(Buffer.from(event('a') + event('b', 2) + event('c', 3)));
    expect(events.takePassed()).toEqual({ data: '{"text":"c","number":3}' });
    expect(events.takePassed()).toBeUndefined();
    events.push(Buffer.from(`${event('d', 4)}data: other\n\n`));
    expect(events.takePassed()).toBeUndefined();
  });

  it('puts what the watcher says in an event’s place', () => {
    const { passed } = relay(Buffer.from('data: 1\n\ndata: 2\n\ndata: 3\n\n'), [], new Watcher(true, ['2']));
    expect(passed).toBe('data: 1\n\n<2>data: 3\n\n');
  });

  it('leaves comments out where they mean nothing', () => {
    expect(relay(Buffer.from(': ping\n\ndata: 1\n\n'), [], new Watcher(false)).passed).toBe('data: 1\n\n');
  });

  it('ends with what ends the answer', () => {
    const { passed, seen } = relay(Buffer.from('data: 1\n\ndata: done\n\ndata: 2\n\ndata: 3'));
    expect(passed).toBe('data: 1\n\ndata: done\n\n');
    expect(seen).toEqual(['1', 'done']);
  });

  it('fails with what stood before the failure', () => {
    const events = open(new Watcher());
    try {
      events.push(Buffer.from('data: 1\n\ndata: fail\n\ndata: 2\n\n'));
      throw new Error('it did not fail');
    } catch (error) {
      expect(error).toBeInstanceOf(UpstreamFailureError);
      expect((error as UpstreamFailureError).partial?.toString()).toBe('data: 1\n\n');
    }
  });

  it('passes on no bytes that are no text, whether they were read or recognised', () => {
    const broken = Buffer.from(event('abc'));
    broken[broken.indexOf('b')] = 0xff;
    expect(() => relay(broken)).toThrow(UpstreamFailureError);
    expect(() => relay(Buffer.concat([Buffer.from(event('first')), broken]))).toThrow(UpstreamFailureError);
  });

  it('reads past a byte order mark at the beginning, and passes it on', () => {
    expect(relay(Buffer.from('\ufeffdata: 1\n\ndata: 2\n\n'))).toEqual({
      passed: '\ufeffdata: 1\n\ndata: 2\n\n',
      seen: ['1', '2'],
    });
  });

  it('refuses an event that never ends', () => {
    const events = open(new Watcher(), 10);
    events.push(Buffer.from('data: 1'));
    expect(() => events.push(Buffer.from('2345'))).toThrow(UpstreamFailureError);
  });
});
