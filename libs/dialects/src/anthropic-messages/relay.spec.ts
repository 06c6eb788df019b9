import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamFailureError, type Target } from '../dialect.ts';
import { findMembers } from '../json-members.ts';
import { packDetails } from './door-reasoning.ts';
import { decodeRequest } from './door-request.ts';
import { editRequest, MessagesRelay } from './relay.ts';

const target: Target = { provider: 'anthropic', upstreamModel: 'claude', capabilities: {}, maxOutputTokens: null };
const context = { target, fallbackId: 'fallback', created: 1 };
const noEstimate = () => {
  throw new Error('the relay counts nothing');
};

const event = (type: string, fields: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const delta = (text: string) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
const BEGINNING =
  event('message_start', { message: { id: 'msg_1', model: 'claude', usage: { input_tokens: 3, output_tokens: 1 } } }) +
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  event('ping');
const END =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 }, context_management: {} }) +
  event('message_stop');
const STREAM = `: hello\n\n${BEGINNING}${delta('Hello')}${delta(' wörld 👋🏽')}${END}`;

function run(bytes: Buffer, cuts: readonly number[] = []) {
  const relay = new MessagesRelay(context);
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const pieces = edges.slice(1).map((edge, index) => relay.push(bytes.subarray(edges[index], edge)));
  const rest = relay.end(noEstimate);
  return { text: Buffer.concat([...pieces, rest].filter((piece) => piece !== null)).toString(), facts: relay.facts };
}

describe('a relayed stream', () => {
  it('keeps its bytes, however they are cut, and what they say is known', () => {
    for (const form of [STREAM, STREAM.replaceAll('\n', '\r\n'), `\ufeff${STREAM}`]) {
      const bytes = Buffer.from(form);
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
          const { text, facts } = run(bytes, cuts);
          expect(text).toBe(form);
          expect(facts).toMatchObject({ begun: true, done: true, usage: { prompt_tokens: 3, completion_tokens: 5 } });
          expect(facts.outputChars).toBe('Hello wörld 👋🏽'.length);
        }),
      );
    }
  });

  it('goes on as soon as an event is whole', () => {
    const relay = new MessagesRelay(context);
    expect(relay.push(Buffer.from(BEGINNING))?.toString()).toBe(BEGINNING);
    expect(relay.facts.begun).toBe(false);
    expect(relay.push(Buffer.from(delta('Hi').slice(0, -1)))).toBeNull();
    expect(relay.push(Buffer.from('\n'))?.toString()).toBe(delta('Hi'));
    expect(relay.facts.begun).toBe(true);
  });

  it('says no more after its end', () => {
    expect(run(Buffer.from(STREAM + STREAM)).text).toBe(STREAM);
  });

  it('gets the empty line that its last event lacks', () => {
    for (const missing of [1, 2])
      expect(run(Buffer.from(STREAM.slice(0, -missing))).text.trimEnd()).toBe(STREAM.trimEnd());
    expect(run(Buffer.from(STREAM.slice(0, -2))).text.endsWith('\n\n')).toBe(true);
  });

  it('that ends anywhere before its end is incomplete', () => {
    const events = STREAM.split(/(?<=\n\n)/);
    for (let count = 0; count < events.length; count += 1) {
      const relay = new MessagesRelay(context);
      relay.push(Buffer.from(events.slice(0, count).join('')));
      expect(() => relay.end(noEstimate)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ code: 'upstream_incomplete' }) }),
      );
    }
  });

  it('that fails gives what stood before, and never the provider’s own error', () => {
    const failure = event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });
    const relay = new MessagesRelay(context);
    let thrown: unknown;
    try {
      relay.push(Buffer.from(BEGINNING + delta('Hi') + failure));
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof UpstreamFailureError)) throw new Error('nothing was thrown');
    expect(thrown.failure).toMatchObject({ code: 'provider_unavailable', upstream: { code: 'overloaded_error' } });
    expect(thrown.partial?.toString()).toBe(BEGINNING + delta('Hi'));
  });

  it.each([
    ['no JSON', 'data: {oops\n\n'],
    ['no UTF-8', Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0x20, 0xff, 0x0a, 0x0a])],
  ])('with an event that is %s fails', (_name, bytes) => {
    const relay = new MessagesRelay(context);
    expect(() => relay.push(Buffer.from(bytes))).toThrow(UpstreamFailureError);
  });
});

describe('a relayed request', () => {
  const edit = (text: string, fields: Partial<Target> = {}) => {
    const bytes = Buffer.from(text);
    const body: unknown = JSON.parse(text);
    const source = { bytes, members: findMembers(bytes), body, request: decodeRequest(body) };
    const edited = editRequest(source, { ...target, ...fields });
    return { text: edited.bytes.toString(), losses: edited.losses };
  };

  it('keeps every byte but the model’s name', () => {
    const body =
      '{ "model" : "anthropic/x",\n "max_tokens": 1.0e2, "messages":[{"role":"user","content":"\\u0048i"},{"role":"system","content":"s"}], "new": {"n": 12345678901234567890} }';
    expect(edit(body)).toEqual({ text: body.replace('anthropic/x', 'claude'), losses: [] });
  });

  it('has no fields that speak to the gateway, and the edits of the provider', () => {
    const body =
      '{"model":"x","max_tokens":1,"messages":[{"role":"user","content":"Hi"}],"models":["y"],"provider":{}}';
    const edited = edit(body, { bodyEdits: { model: undefined, anthropic_version: 'vertex-2023-10-16' } });
    expect(JSON.parse(edited.text)).toEqual({
      max_tokens: 1,
      messages: [{ role: 'user', content: 'Hi' }],
      anthropic_version: 'vertex-2023-10-16',
    });
  });

  it('keeps Claude’s thinking, and leaves out what another provider thought', () => {
    const own = { type: 'thinking', thinking: 'a', signature: 'c2ln' };
    const data = packDetails([{ type: 'reasoning.encrypted', data: 'x', format: 'google-gemini-v1' }]);
    const text = { type: 'text', text: 'x' };
    const body = (...content: object[]) =>
      JSON.stringify({
        model: 'claude',
        max_tokens: 1,
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content },
          { role: 'user', content: 'And?' },
        ],
      });
    expect(edit(body(own, text))).toEqual({ text: body(own, text), losses: [] });
    for (const foreign of [
      { type: 'thinking', thinking: 'b', signature: '' },
      { type: 'thinking', thinking: 'b', signature: data },
      { type: 'redacted_thinking', data },
    ]) {
      const edited = edit(body(foreign, own, text));
      expect(edited.text).toBe(body(own, text));
      expect(edited.losses).toEqual([expect.objectContaining({ param: 'messages', action: 'dropped' })]);
    }
  });
});
