import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import type { Answer } from './answer.ts';
import type { Deployment } from './deployment.ts';
import { startUpstream, until, type ReceivedRequest, type Upstream } from './http/upstream.testing.ts';
import {
  deploymentAt,
  ESTIMATE,
  oneChoiceAt,
  openClient,
  openMemory,
  rejection,
  UNCOUNTED,
  wholeOf,
} from './invoke.testing.ts';

const client = openClient();
let upstream: Upstream;
afterEach(() => upstream?.close());
afterAll(() => client.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const bodyOf = ({ body }: ReceivedRequest): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

/** An answer of Anthropic's; `tokens`: of the prompt, and as many of the answer. */
const message = (text: string, tokens = 1) => ({
  id: `msg_${text}`,
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  usage: { input_tokens: tokens, output_tokens: tokens },
});
const sendJson = (response: ServerResponse, body: unknown, status = 200): unknown =>
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
/** Answers with the number of the call. */
const counting = (delaysMs: readonly number[] = []): Promise<Upstream> => {
  let count = 0;
  return startUpstream(async (response) => {
    count += 1;
    const number = count;
    await sleep(delaysMs[number - 1] ?? 0);
    sendJson(response, message(String(number), number));
  });
};
const anthropicAt = (url: string): Deployment => deploymentAt(url, 'anthropic-compatible');
describe('several choices of a provider that gives one', () => {
  it('come of as many calls, in one answer with the sum of their tokens', async () => {
    upstream = await counting([60, 30, 0]);
    const memory = openMemory();
    const answer = await client.askForChoices(anthropicAt(upstream.url), { fields: { n: 3, max_tokens: 5 } }, memory);
    const { choices, usage, ...rest } = wholeOf(answer);
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(choices.map(({ message: { content } }) => content ?? '').sort()).toEqual(['1', '2', '3']);
    expect(usage).toMatchObject({ prompt_tokens: 6, completion_tokens: 6, total_tokens: 12 });
    expect(rest).toMatchObject({ id: `chatcmpl-${choices[0]!.message.content}`, object: 'chat.completion' });
    expect(memory.paid.map((paid) => [paid.usage.prompt_tokens, paid.isEstimated])).toEqual([
      [3, false],
      [2, false],
      [1, false],
    ]);
    expect(upstream.requests.map(bodyOf)).toEqual(
      Array.from({ length: 3 }, () => expect.not.objectContaining({ n: expect.anything() })),
    );
  });

  it('are told as a loss that even a strict caller bears', async () => {
    upstream = await counting();
    const strictly = { fields: { n: 2, max_tokens: 5 }, strict: true };
    const { losses } = await client.askForChoices(anthropicAt(upstream.url), strictly);
    expect(losses).toEqual([{ param: 'n', action: 'emulated', reason: 'asked for by several calls' }]);
    const refused = client.askForChoices(anthropicAt(upstream.url), { ...strictly, fields: { n: 2, seed: 1 } });
    await expect(refused).rejects.toMatchObject({ code: 'unsupported_parameter', details: { param: 'seed' } });
    expect(upstream.requests).toHaveLength(2);
  });

  it('are up to 16, and before more nothing is sent', async () => {
    upstream = await counting();
    const asked = client.askForChoices(anthropicAt(upstream.url), { fields: { n: 17, max_tokens: 5 } });
    await expect(asked).rejects.toMatchObject({ code: 'invalid_request', details: { param: 'n' } });
    expect(upstream.requests).toEqual([]);
    const answer = await client.askForChoices(anthropicAt(upstream.url), { fields: { n: 16, max_tokens: 5 } });
    expect(wholeOf(answer).choices).toHaveLength(16);
  });

  it('of a chat client at a compatible server are asked for in its own bytes', async () => {
    upstream = await startUpstream((response) => sendJson(response, UNCOUNTED));
    const memory = openMemory();
    const tools = [{ type: 'browser_search' }];
    const fields = { n: 2, seed: 9, thinking: { type: 'disabled' }, tools };
    const answer = await client.askForChoices(oneChoiceAt(upstream.url), { fields }, memory);
    expect(upstream.requests.map(bodyOf).sort((a, b) => Number(b.seed) - Number(a.seed))).toEqual(
      [9, 8].map((seed) => ({
        model: 'upstream-model',
        messages: [{ role: 'user', content: 'hi' }],
        seed,
        thinking: { type: 'disabled' },
        tools,
      })),
    );
    expect(answer).toMatchObject({ kind: 'whole', bytes: null });
    expect(wholeOf(answer)).toMatchObject({ id: 'chatcmpl-1', created: 7 });
    // No usage came, so it is counted here, each prompt by itself.
    const doubled = { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 };
    expect(wholeOf(answer).usage).toEqual(doubled);
    expect(memory.paid).toEqual([1, 2].map(() => ({ usage: ESTIMATE, isEstimated: true })));
  });

  it('of a server that ignores the number are asked for once more, and the next time at once', async () => {
    upstream = await startUpstream((response) => sendJson(response, UNCOUNTED));
    const deployment = deploymentAt(upstream.url);
    const memory = openMemory();
    const asked = { fields: { n: 3 } };
    const { choices } = wholeOf(await client.askForChoices(deployment, asked, memory));
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(upstream.requests.map(bodyOf).map(({ n }) => n)).toEqual([3, undefined, undefined]);
    expect(memory.paid).toHaveLength(3);
    expect(wholeOf(await client.askForChoices(deployment, asked)).choices).toHaveLength(3);
    expect(upstream.requests.slice(3).map((request) => bodyOf(request).n)).toEqual(Array(3).fill(undefined));
  });

  it('that are fewer than can be made up for are told as a loss', async () => {
    upstream = await startUpstream((response) => sendJson(response, UNCOUNTED));
    const { losses, ...answer } = await client.askForChoices(deploymentAt(upstream.url), { fields: { n: 17 } });
    expect(wholeOf({ losses, ...answer } as Answer).choices).toHaveLength(1);
    expect(losses).toEqual([{ param: 'n', action: 'dropped', reason: 'the provider gave 1' }]);
    expect(upstream.requests).toHaveLength(1);
  });

  it('have tool calls of different names where the provider names none', async () => {
    const called = { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: {} } }] };
    upstream = await startUpstream((response) => sendJson(response, { model: 'm', message: called, done: true }));
    const ollama = { ...deploymentAt(upstream.url, 'ollama') };
    const deployment = { ...ollama, dialect: ollama.provider.dialects[1]! };
    const { choices } = wholeOf(await client.askForChoices(deployment, { fields: { n: 3 } }));
    const ids = choices.flatMap((choice) => choice.message.tool_calls!.map(({ id }) => id));
    expect(new Set(ids).size).toBe(3);
    expect(choices.map(({ finish_reason: finish }) => finish)).toEqual(['tool_calls', 'tool_calls', 'tool_calls']);
  });

  it('are not asked for again where they came before another failed', async () => {
    let count = 0;
    upstream = await startUpstream(async (response) => {
      count += 1;
      const number = count;
      if (number === 2) return sendJson(response, { error: { message: 'broken' } }, 500);
      await sleep(50);
      return sendJson(response, message(String(number), number));
    });
    const memory = openMemory();
    const ask = () => client.askForChoices(anthropicAt(upstream.url), { fields: { n: 3, max_tokens: 5 } }, memory);
    expect((await rejection(ask())).failure).toMatchObject({ retryable: true });
    expect(memory.paid.map(({ usage }) => usage.prompt_tokens).sort((a, b) => a - b)).toEqual([1, 3]);
    const { choices, usage } = wholeOf(await ask());
    expect(upstream.requests).toHaveLength(4);
    expect(choices.map((choice) => choice.message.content ?? '').sort()).toEqual(['1', '3', '4']);
    expect([usage?.prompt_tokens, memory.paid.length]).toEqual([8, 3]);
  });

  it('are given up at once when one of them fails for good, and those that came are paid for', async () => {
    let count = 0;
    upstream = await startUpstream(async (response) => {
      count += 1;
      if (count === 1) return sendJson(response, message('1', 5));
      if (count === 2) return;
      await sleep(50);
      return sendJson(response, { error: { type: 'invalid_request_error', message: 'no' } }, 400);
    });
    const memory = openMemory();
    const asked = client.askForChoices(anthropicAt(upstream.url), { fields: { n: 3, max_tokens: 5 } }, memory);
    expect((await rejection(asked)).failure).toMatchObject({ code: 'provider_refused_request' });
    expect(memory.paid.map(({ usage }) => usage.prompt_tokens)).toEqual([5]);
    await until(() => upstream.sockets.size <= 2);
  });

  it('end together when the caller gives up', async () => {
    upstream = await startUpstream(() => undefined);
    const controller = new AbortController();
    const reason = new GatewayError('client_closed_request');
    const options = { fields: { n: 16, max_tokens: 5 }, signal: controller.signal };
    const asked = rejection(client.askForChoices(anthropicAt(upstream.url), options));
    await until(() => upstream.requests.length === 16);
    controller.abort(reason);
    expect(await asked).toBe(reason);
    await until(() => upstream.sockets.size === 0);
  });

  it('of a provider that gives several come of one call, relayed as it is', async () => {
    upstream = await startUpstream((response) => response.writeHead(404).end());
    const asked = client.askForChoices(deploymentAt(upstream.url), { fields: { n: 100 } });
    expect((await rejection(asked)).failure.code).toBe('model_not_found');
    expect(upstream.requests.map(bodyOf)).toMatchObject([{ n: 100 }]);
  });
});
