import { describe, expect, it } from '@jest/globals';
import type { Capabilities, ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { Loss, Target } from '../dialect.ts';
import { findMembers } from '../json-members.ts';
import { chatDoor } from './door.ts';
import type { ChatQuirks } from './quirks.ts';
import { encodeRequest } from './request.ts';

const messages = [{ role: 'user' as const, content: 'hi' }];

function targetWith(quirks: ChatQuirks | undefined, capabilities: Capabilities = {}): Target {
  return { provider: 'p', upstreamModel: 'm', capabilities, maxOutputTokens: null, ...(quirks && { quirks }) };
}

/** What goes up, read back from the edited bytes; throws where rebuilding the body gives anything else. */
function sendUp(fields: object, target: Target): { body: Record<string, unknown>; losses: Loss[] } {
  const request: ChatRequest = { model: 'mine', messages, ...fields };
  const bytes = Buffer.from(JSON.stringify(request));
  const edited = chatDoor.relay.editRequest({ bytes, members: findMembers(bytes), body: request, request }, target);
  const body = JSON.parse(edited.bytes.toString()) as Record<string, unknown>;
  const rebuilt = encodeRequest(request, target);
  expect(rebuilt).toEqual({ body, losses: edited.losses });
  expect(JSON.parse(bytes.toString())).toEqual(request);
  return { body, losses: edited.losses };
}

const sent = { model: 'm', messages };
const dropped = (param: string, reason = 'the provider has no such field'): Loss => ({
  param,
  action: 'dropped',
  reason,
});

describe("a vendor's own forms", () => {
  it.each<[name: string, quirks: ChatQuirks, fields: object, expected: object]>([
    ['a field under another name', { renamed: { seed: 'random_seed' } }, { seed: 5 }, { random_seed: 5 }],
    [
      'the older limit, for vendors that know no other',
      { renamed: { max_completion_tokens: 'max_tokens' } },
      { max_completion_tokens: 9 },
      { max_tokens: 9 },
    ],
    [
      "the vendor's own name where the client used it",
      { renamed: { seed: 'random_seed' } },
      { seed: 5, random_seed: 6 },
      { random_seed: 6 },
    ],
    ['nothing under another name', { renamed: { seed: 'random_seed' } }, { seed: null }, {}],
    [
      'another word for a value',
      { values: { tool_choice: { required: 'any' } } },
      { tool_choice: 'required' },
      { tool_choice: 'any' },
    ],
    [
      'a value that has no other word',
      { values: { tool_choice: { required: 'any' } } },
      { tool_choice: 'auto' },
      { tool_choice: 'auto' },
    ],
    ['a stop as a list', { stopAsArray: true }, { stop: 'x' }, { stop: ['x'] }],
    ['a list of stops', { stopAsArray: true }, { stop: ['x', 'y'] }, { stop: ['x', 'y'] }],
    ['alternatives as a number', { logprobsAsCount: true }, { logprobs: true, top_logprobs: 3 }, { logprobs: 3 }],
    ['no alternatives', { logprobsAsCount: true }, { logprobs: true }, { logprobs: 1 }],
    ['no log probabilities', { logprobsAsCount: true }, { logprobs: false }, {}],
    [
      "the vendor's own routing",
      { passed: ['models', 'provider'] },
      { models: ['a'], provider: { sort: 'price' } },
      { models: ['a'], provider: { sort: 'price' } },
    ],
    ["the gateway's own fields", {}, { models: ['a'], provider: {} }, {}],
    [
      'usage that comes unasked',
      { usageUnasked: true },
      { stream: true, stream_options: { include_usage: true } },
      { stream: true },
    ],
    ['usage that comes unasked and was not asked for', { usageUnasked: true }, { stream: true }, { stream: true }],
  ])('%s', (_name, quirks, fields, expected) => {
    expect(sendUp(fields, targetWith(quirks))).toEqual({ body: { ...sent, ...expected }, losses: [] });
  });

  it('reports fields that are refused, but not those that ask for nothing', () => {
    const target = targetWith({ refused: ['seed', 'n', 'logit_bias', 'user', 'parallel_tool_calls'] });
    const asking = sendUp({ seed: 5, n: 2, parallel_tool_calls: false, temperature: 0 }, target);
    expect(asking).toEqual({
      body: { ...sent, temperature: 0 },
      losses: [dropped('seed'), dropped('n'), dropped('parallel_tool_calls')],
    });
    expect(sendUp({ seed: null, n: 1, parallel_tool_calls: true }, target)).toEqual({ body: sent, losses: [] });
  });

  it('changes nothing of a request for a vendor without quirks but the model', () => {
    const json = fc.dictionary(
      fc.string().filter((key) => !['__proto__', 'model', 'messages', 'stream', 'models', 'provider'].includes(key)),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(json, (fields) => {
        const plain = JSON.parse(JSON.stringify(fields)) as object;
        expect(sendUp(plain, targetWith(undefined))).toEqual({ body: { ...sent, ...plain }, losses: [] });
      }),
    );
  });
});

describe("a model's rules on parameters", () => {
  const sampling = { temperature: 0.5, top_p: 0.5, presence_penalty: 1, logprobs: true, top_logprobs: 2 };

  it('gives the limit the name that reasoning models take', () => {
    const target = targetWith(undefined, { max_completion_tokens: true });
    expect(sendUp({ max_tokens: 7 }, target).body).toEqual({ ...sent, max_completion_tokens: 7 });
    expect(sendUp({ max_completion_tokens: 8 }, target).body).toEqual({ ...sent, max_completion_tokens: 8 });
    const both = sendUp({ max_tokens: 7, max_completion_tokens: 8 }, target);
    expect(both).toEqual({ body: { ...sent, max_completion_tokens: 8 }, losses: [] });
  });

  it('leaves out sampling parameters that the model refuses, and reports those that say something', () => {
    const target = targetWith(undefined, { sampling: false });
    const { body, losses } = sendUp(sampling, target);
    expect(body).toEqual(sent);
    expect(losses).toEqual(
      Object.keys(sampling).map((param) => dropped(param, 'the model does not take sampling parameters')),
    );
    const silent = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0, logprobs: false };
    expect(sendUp(silent, target)).toEqual({ body: sent, losses: [] });
  });

  it.each<[effort: unknown, taken: boolean]>([
    [undefined, true],
    [null, true],
    ['none', true],
    ['low', false],
  ])('takes sampling parameters from a model that reasons only when asked: effort %s', (effort, taken) => {
    const target = targetWith(undefined, { sampling: 'without_reasoning' });
    const asked = effort === undefined ? {} : { reasoning_effort: effort };
    expect(sendUp({ temperature: 0.5, ...asked }, target)).toEqual({
      body: { ...sent, ...asked, ...(taken && { temperature: 0.5 }) },
      losses: taken ? [] : [dropped('temperature', 'it does not go together with reasoning')],
    });
  });

  it('asks a model that does not reason for no effort', () => {
    const target = targetWith(undefined, { reasoning: 'none' });
    expect(sendUp({ reasoning_effort: 'high' }, target)).toEqual({
      body: sent,
      losses: [dropped('reasoning_effort', 'the model does not reason')],
    });
    expect(sendUp({ reasoning_effort: 'none' }, target)).toEqual({ body: sent, losses: [] });
  });
});

describe('messages on their way up', () => {
  const system = { role: 'system', content: 's' };
  const developer = { role: 'developer', content: 'd', name: 'n' };
  const user = { role: 'user', content: 'u' };
  const up = (given: unknown[], quirks: ChatQuirks | undefined, capabilities: Capabilities = {}) =>
    sendUp({ messages: given }, targetWith(quirks, capabilities));

  it('go as they are where the target has no rules for them', () => {
    const given = [system, developer, { role: 'assistant', content: 'a', reasoning_content: 'r', reasoning: 'x' }];
    expect(up(given, {}).body['messages']).toEqual(given);
    expect(up([user], { developerAsSystem: true, reasoningAs: 'nothing' }).body['messages']).toEqual([user]);
  });

  it('have the role that the model takes instructions in', () => {
    expect(up([system, user], undefined, { system_role: 'developer' })).toEqual({
      body: { model: 'm', messages: [{ ...system, role: 'developer' }, user] },
      losses: [],
    });
    const asUsers = up([user, system, developer], undefined, { system_role: 'user' });
    expect(asUsers.body['messages']).toEqual([user, { ...system, role: 'user' }, { ...developer, role: 'user' }]);
    expect(asUsers.losses.map(({ param, action }) => `${param}=${action}`)).toEqual([
      'messages.1.role=emulated',
      'messages.2.role=emulated',
    ]);
    expect(up([developer, user], { developerAsSystem: true }).body['messages']).toEqual([
      { ...developer, role: 'system' },
      user,
    ]);
  });

  const details = [{ type: 'reasoning.text', text: 'r', format: 'unknown' }];
  const answer = { role: 'assistant', content: 'a', reasoning_content: 'r', reasoning_details: details };
  it.each<[ChatQuirks['reasoningAs'], given: object, expected: object]>([
    ['reasoning', answer, { role: 'assistant', content: 'a', reasoning: 'r' }],
    [
      'reasoning',
      { role: 'assistant', content: 'a', reasoning: 'r' },
      { role: 'assistant', content: 'a', reasoning: 'r' },
    ],
    ['reasoning', { role: 'assistant', content: 'a', reasoning_content: '' }, { role: 'assistant', content: 'a' }],
    ['nothing', answer, { role: 'assistant', content: 'a' }],
    ['nothing', { ...user, reasoning_content: 'mine' }, { ...user, reasoning_content: 'mine' }],
    [
      'thinking',
      answer,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'r' }] },
          { type: 'text', text: 'a' },
        ],
      },
    ],
    [
      'thinking',
      { role: 'assistant', content: null, reasoning_content: 'r' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'r' }] }] },
    ],
  ])('carry the reasoning of earlier answers as %s', (reasoningAs, given, expected) => {
    expect(up([given], { reasoningAs })).toEqual({ body: { model: 'm', messages: [expected] }, losses: [] });
  });
});
