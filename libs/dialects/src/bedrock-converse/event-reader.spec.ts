import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SseError } from '../sse.ts';
import { openEventReader } from './event-reader.ts';
import { exceptionFrame, frame } from './fold.testing.ts';

const names = fc.constantFrom('messageStart', 'contentBlockDelta', 'metadata');
const payload = fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 60 }) });
const read = (bytes: Buffer) => openEventReader().push(bytes);

/** A copy with one byte changed. */
function damage(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 0x01, at);
  return copy;
}

describe('the reader of event-stream frames', () => {
  it('gives the same events however the bytes are cut', () => {
    const frames = fc.array(fc.tuple(names, payload), { minLength: 1, maxLength: 6 });
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    fc.assert(
      fc.property(frames, cuts, (sent, places) => {
        const bytes = Buffer.concat(sent.map(([name, body]) => frame(name, body)));
        const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        const reader = openEventReader();
        const events = ends.flatMap((end, index) => reader.push(bytes.subarray(ends[index - 1] ?? 0, end)));
        expect([...events, ...reader.end()]).toEqual(
          sent.map(([event, body]) => ({ event, data: JSON.stringify(body) })),
        );
      }),
    );
  });

  it('refuses a frame with any bit of it changed', () => {
    const bytes = frame('contentBlockDelta', { delta: { text: 'hi' } });
    for (let at = 0; at < bytes.length; at += 1) {
      expect(() => read(damage(bytes, at))).toThrow(SseError);
    }
  });

  it('gives what an exception says as an event of its own', () => {
    expect(read(exceptionFrame('throttlingException', 'Too many'))).toEqual([
      { event: 'exception', data: '{"type":"throttlingException","message":"Too many"}' },
    ]);
    const foreseen = { ':message-type': 'exception', ':exception-type': 'x' };
    expect(read(frame('', { other: 1 }, foreseen))).toEqual([
      { event: 'exception', data: JSON.stringify({ type: 'x', message: '{"other":1}' }) },
    ]);
    const unforeseen = { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'Oh' };
    expect(read(frame('', {}, unforeseen))).toEqual([
      { event: 'exception', data: '{"type":"InternalFailure","message":"Oh"}' },
    ]);
  });

  it('refuses what is no frame at once, and frames beyond a bound', () => {
    expect(() => read(Buffer.from('<html>not found</html>'))).toThrow(SseError);
    expect(() => openEventReader(64).push(frame('metadata', { text: 'x'.repeat(64) }))).toThrow(SseError);
    expect(() => read(frame('', {}, { ':message-type': 'novelty' }))).toThrow(SseError);
  });

  it('gives nothing for a frame that was cut off', () => {
    const reader = openEventReader();
    const bytes = frame('messageStart', {});
    expect(reader.push(Buffer.concat([bytes, bytes.subarray(0, -1)]))).toHaveLength(1);
    expect(reader.end()).toEqual([]);
  });
});
