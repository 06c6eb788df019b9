import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { bedrockConverse } from './bedrock-converse/index.ts';
import { cohereChat } from './cohere-chat/index.ts';
import type { Target } from './dialect.ts';
import type { Door, SourceRequest } from './door.ts';
import { asking, open } from './gemini-generate-content/door.testing.ts';
import { geminiGenerateContent } from './gemini-generate-content/index.ts';
import { findMembers } from './json-members.ts';
import type { JsonObject } from './json-values.ts';
import { ollamaChat } from './ollama-chat/index.ts';
import { oneChoiceOf } from './one-choice.ts';
import { chatDoor } from './openai-chat/door.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

const MESSAGES: ChatRequest['messages'] = [{ role: 'user', content: 'Hi' }];
const targetOf = (upstreamModel: string, fields: Partial<Target> = {}): Target => ({
  provider: 'vendor',
  upstreamModel,
  capabilities: {},
  maxOutputTokens: 100,
  ...fields,
});

function chatSource(text: string): SourceRequest {
  const bytes = Buffer.from(text);
  const body = JSON.parse(text) as ChatRequest;
  return { bytes, members: findMembers(bytes), body, request: chatDoor.decodeRequest(body) };
}

function geminiSource(fields: JsonObject): { door: Door; source: SourceRequest } {
  const body = asking(fields);
  const { door, request } = open(body, 'events');
  const bytes = Buffer.from(JSON.stringify(body));
  return { door, source: { bytes, members: findMembers(bytes), body, request } };
}

describe('one of several choices', () => {
  it('is asked for by a chat client’s own bytes, without the number of choices', () => {
    const source = chatSource('{"model":"m", "odd":1.0,"n":3,"messages":[{"role":"user","content":"\\u00e9"}]}');
    const one = oneChoiceOf(source, 0, chatDoor.relay);
    expect(one.bytes.toString()).toBe('{"model":"m","odd":1.0,"messages":[{"role":"user","content":"\\u00e9"}]}');
    expect(one.request).toEqual({ model: 'm', odd: 1, messages: [{ role: 'user', content: 'é' }] });
    expect(one.members).toEqual(findMembers(one.bytes));
    const { bytes } = chatDoor.relay.editRequest(one, targetOf('up'));
    expect(bytes.toString()).toBe('{"model":"up","odd":1.0,"messages":[{"role":"user","content":"\\u00e9"}]}');
  });

  it('has a seed of its own, as has every other', () => {
    const source = chatSource('{"model":"m","messages":[{"role":"user","content":"a"}],"n":3,"seed":7}');
    const seeds = [0, 1, 2].map((index) => {
      const { bytes, request } = oneChoiceOf(source, index, chatDoor.relay);
      expect(JSON.parse(bytes.toString())).toEqual(request);
      return request.seed;
    });
    expect(seeds).toEqual([7, 6, 5]);
  });

  it('has another seed than the others wherever the caller’s lies, and none that is farther from zero', () => {
    const seeds = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 16 }), (seed, n) => {
        const source = { ...chatSource('{"model":"m","messages":[{"role":"user","content":"a"}]}') };
        source.request = { ...source.request, seed, n };
        const own = Array.from({ length: n }, (_, index) => oneChoiceOf(source, index, chatDoor.relay).request.seed!);
        expect(new Set(own).size).toBe(n);
        expect(own[0]).toBe(seed);
        for (const other of own) expect(Math.abs(other)).toBeLessThanOrEqual(Math.max(Math.abs(seed), 2 * n));
      }),
    );
  });

  it('keeps a seed with more digits than a number holds', () => {
    const source = chatSource('{"model":"m","messages":[{"role":"user","content":"a"}],"n":2,"seed":9007199254740993}');
    expect(oneChoiceOf(source, 1, chatDoor.relay).bytes.toString()).toContain('"seed":9007199254740993');
  });

  it.each(['generationConfig', 'generation_config'])('is asked for in Gemini’s %s too', (name) => {
    const config = { [name.includes('_') ? 'candidate_count' : 'candidateCount']: 2, temperature: 0.5, seed: 3 };
    const { door, source } = geminiSource({ [name]: config, safetySettings: [{ category: 'c' }] });
    expect(source.request.n).toBe(2);
    const { bytes, request } = oneChoiceOf(source, 1, door.relay);
    const sent = { [name]: { temperature: 0.5, seed: 2 }, safetySettings: [{ category: 'c' }] };
    expect(JSON.parse(bytes.toString())).toEqual(asking(sent));
    expect([request.n, request.seed]).toEqual([undefined, 2]);
  });

  it('needs no bytes of its own where they do not go up', () => {
    const source = chatSource('{"model":"m","messages":[{"role":"user","content":"a"}],"n":2,"seed":5}');
    const one = oneChoiceOf(source, 1);
    expect(one.bytes).toBe(source.bytes);
    expect(one.request).toEqual({ model: 'm', messages: [{ role: 'user', content: 'a' }], seed: 4 });
  });

  it('changes nothing of what it is made of', () => {
    const source = chatSource('{"model":"m","messages":[{"role":"user","content":"a"}],"n":2,"seed":5}');
    const before = structuredClone({ request: source.request, text: source.bytes.toString() });
    oneChoiceOf(source, 1, chatDoor.relay);
    expect({ request: source.request, text: source.bytes.toString() }).toEqual(before);
  });
});

describe('a call', () => {
  const request: ChatRequest = { model: 'm', messages: MESSAGES, n: 2 };

  it.each([anthropicMessages, bedrockConverse, cohereChat, ollamaChat, openaiResponses])(
    'in the dialect $id gives one choice',
    (dialect) => {
      expect(dialect.givesOneChoice?.(request, targetOf('model'))).toBe(true);
    },
  );

  it('in OpenAI’s format gives as many as were asked for, except at the vendors that say otherwise', () => {
    const gives = (quirks: Target['quirks'], upstreamModel = 'large') =>
      openaiChat.givesOneChoice!(request, targetOf(upstreamModel, quirks && { quirks }));
    expect([gives(undefined), gives({}), gives({ oneChoice: true })]).toEqual([false, false, true]);
    expect([gives({ oneChoice: /^large$/ }), gives({ oneChoice: /^large$/ }, 'small')]).toEqual([true, false]);
  });

  it.each([
    ['gemini-2.5-flash', {}, false],
    ['models/gemini-2.0-flash', { n: 8 }, false],
    ['gemini-2.5-flash', { n: 9 }, true],
    ['gemini-2.5-flash', { stream: true }, true],
    ['gemini-2.5-flash-image', {}, true],
    ['gemini-3.1-pro-preview', {}, true],
    ['tunedModels/mine', {}, true],
  ])('to %s with %j gives one choice: %s', (upstreamModel, fields, expected) => {
    const asked = { ...request, ...fields };
    expect(geminiGenerateContent.givesOneChoice!(asked, targetOf(upstreamModel))).toBe(expected);
  });
});
