import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion } from './support/chat-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

const TOOLS = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }];
const VENDORS = ['MISTRAL', 'TOGETHER', 'DEEPSEEK', 'GROQ', 'CEREBRAS', 'PERPLEXITY', 'XAI'];

describe('a request in the form that its vendor takes', () => {
  let upstream: Upstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startUpstream(sendJson(chatCompletion('Hello')));
    const variables = VENDORS.flatMap((prefix) => [
      [`${prefix}_API_KEY`, 'a-key-of-a-test'],
      [`${prefix}_BASE_URL`, upstream.url],
    ]);
    gateway = await startTestGateway({ providerVariables: Object.fromEntries(variables) as Record<string, string> });
  });
  afterAll(async () => {
    await gateway?.close();
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  /** What arrives of these fields, and what the caller is told of those that do not. */
  async function send(
    provider: string,
    fields: object,
  ): Promise<{ body: Record<string, unknown>; losses: string | null }> {
    const response = await postChat(gateway, asking(`${provider}/m`, 'Hi', fields));
    await readCompletion(response);
    const { model, messages, ...body } = JSON.parse(upstream.requests[0]!.body.toString()) as Record<string, unknown>;
    expect([model, messages]).toEqual(['m', [{ role: 'user', content: 'Hi' }]]);
    return { body, losses: response.headers.get('x-parley-losses') };
  }

  it.each<[provider: string, given: object, arriving: object]>([
    ['mistral', { seed: 7, max_completion_tokens: 9 }, { random_seed: 7, max_tokens: 9 }],
    ['mistral', { tools: TOOLS, tool_choice: 'required' }, { tools: TOOLS, tool_choice: 'any' }],
    ['together', { stop: 'END', max_completion_tokens: 9 }, { stop: ['END'], max_tokens: 9 }],
    ['together', { logprobs: true, top_logprobs: 3 }, { logprobs: 3 }],
    ['deepseek', { max_completion_tokens: 9 }, { max_tokens: 9 }],
    ['perplexity', { max_completion_tokens: 9, search_mode: 'academic' }, { max_tokens: 9, search_mode: 'academic' }],
    ['xai', { max_completion_tokens: 9, seed: 7 }, { max_completion_tokens: 9, seed: 7 }],
  ])('goes to %s with %j as %j', async (provider, given, arriving) => {
    expect(await send(provider, given)).toEqual({ body: arriving, losses: null });
  });

  it.each<[provider: string, given: object, param: string]>([
    ['mistral', { user: 'u' }, 'user'],
    ['groq', { logprobs: true }, 'logprobs'],
    ['cerebras', { presence_penalty: 0.5 }, 'presence_penalty'],
  ])('goes to %s without %j, and says so', async (provider, given, param) => {
    const { body, losses } = await send(provider, given);
    expect(body).toEqual({});
    expect(losses).toContain(param);
  });
});
