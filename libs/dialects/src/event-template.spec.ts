import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventTemplates } from './event-template.ts';

const templates = new EventTemplates({ text: ['content'], padding: ['obfuscation', 'p'], numbers: ['sequence'] });
const block = (content: string, fields: object = {}): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', created: 17, choices: [{ index: 0, delta: { content }, logprobs: null }], ...fields })}\n\n`;
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
const endOf = (event: string, at = 0, template = templates.derive(block('Hello'))!): number | undefined =>
  templates.match(template, event, at) || undefined;

describe('recognising events of one kind by comparison', () => {
  it('matches the events that differ from the first in their text alone, escaped or not', () => {
    for (const content of ['', ' ', 'wörld 👋', '[DONE]', "data: x'", '\u007f', '"', '\\', 'a\n"b"\t\\"', '\u0001']) {
      const event = latin1(block(content));
      expect(endOf(event)).toBe(event.length);
      expect(endOf(`xx${event}rest`, 2)).toBe(event.length + 2);
    }
  });

  it('counts the characters of the text and of nothing else', () => {
    const padded = templates.derive(block('Hello', { p: 'aaaa' }))!;
    const chars = (content: string) => {
      templates.match(padded, latin1(block(content, { p: 'b' })), 0);
      return templates.matchedChars;
    };
    expect(['', 'abc', 'wörld', '👋', 'Привет'].map(chars)).toEqual([0, 3, 5, 2, 6]);
  });

  it.each(['\\x', '\\u12', '\\u12G4', '\\', '\n', '\u0001'])('does not match what is no JSON string: %j', (raw) => {
    expect(endOf(block('Z').replace('Z', raw))).toBeUndefined();
  });

  it('does not match half an event', () => {
    const whole = block('some text');
    for (let length = 0; length < whole.length; length++) expect(endOf(whole.slice(0, length))).toBeUndefined();
  });

  it.each(['obfuscation', 'p'])('lets padding vary like the text: %s', (field) => {
    const padded = templates.derive(block('Hello', { [field]: 'aaaa' }))!;
    const other = block('x', { [field]: 'b' });
    expect(endOf(other, 0, padded)).toBe(other.length);
  });

  it('lets numbers vary that are counters, and no others', () => {
    const counted = templates.derive(block('Hello', { sequence: 9 }))!;
    const next = block('x', { sequence: 1234 });
    expect(endOf(next, 0, counted)).toBe(next.length);
    for (const sequence of ['-1', '01', '1.5', '"1"', 'null', '1e3']) {
      expect(endOf(next.replace('1234', sequence), 0, counted)).toBeUndefined();
    }
    expect(endOf(block('x', { sequence: 1234, created: 18 }), 0, counted)).toBeUndefined();
  });

  it('reads JSON with spaces between its parts', () => {
    const spaced = 'data: {"choices": [{"delta": {"content" : "Hi"}}]}\r\n\r\n';
    const other = spaced.replace('Hi', 'there');
    expect(endOf(other, 0, templates.derive(spaced)!)).toBe(other.length);
  });

  it('takes no name inside of a text for a member', () => {
    const quoting = block('{"content":"a", "sequence":1}');
    expect(templates.derive(quoting)?.kinds).toEqual(['text']);
    expect(endOf(latin1(block('plain')), 0, templates.derive(quoting)!)).toBeDefined();
  });

  it.each([
    'data: {"sequence":1}\n\n',
    'data: {"content":null}\n\n',
    'data: [DONE]\n\n',
    'data: {"content":["a"]}\n\n',
  ])('makes no template where no text varies: %j', (event) => expect(templates.derive(event)).toBeUndefined());

  it('never matches an event that has one other byte outside its text', () => {
    const event = block('Hello');
    const from = event.indexOf('Hello');
    fc.assert(
      fc.property(fc.nat(event.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        fc.pre(at < from || at >= from + 'Hello'.length);
        fc.pre(event.charCodeAt(at) !== byte);
        const mutated = event.slice(0, at) + String.fromCharCode(byte) + event.slice(at + 1);
        // Inside the text a quote may close it early: what stands behind the match must then be no part of the event.
        expect(endOf(mutated)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});
