import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../src/server.ts';
import { type Json, parse, textAt } from './json.ts';

const MESSAGES = [{ role: 'user', content: 'Hello' }];
const CHAT = { model: 'small', messages: MESSAGES };
const CLAUDE = { anthropic_version: 'vertex-2023-10-16', max_tokens: 10, messages: MESSAGES };
const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] };
const MODELS = '/vertex/v1/projects/p/locations/global/publishers';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator.close());

type Headers = Record<string, string>;
type Seen = { status: number; text: string; body: Json };

async function ask(path: string, headers: Headers, body?: object): Promise<Seen> {
  const answer = await fetch(simulator.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text.startsWith('{') ? parse(text) : null };
}

describe('Azure', () => {
  const key = { 'api-key': 'any' };

  it.each<[path: string, headers: Headers, body: object, status: number, code: string]>([
    ['/azure/openai/v1/chat/completions', key, CHAT, 200, ''],
    ['/azure/openai/v1/chat/completions', { authorization: 'Bearer entra' }, CHAT, 200, ''],
    ['/azure/openai/deployments/small/chat/completions?api-version=1', key, { messages: MESSAGES }, 200, ''],
    ['/azure/openai/deployments/small/chat/completions', key, CHAT, 404, '404'],
    ['/azure/openai/deployments/missing/chat/completions?api-version=1', key, CHAT, 404, 'DeploymentNotFound'],
    ['/azure/openai/v1/chat/completions', {}, CHAT, 401, '401'],
    ['/azure/openai/v1/chat/completions', { 'api-key': 'sk-simulator-bad' }, CHAT, 401, '401'],
    ['/azure/chat/completions', key, CHAT, 404, '404'],
  ])('answers %s with %j and %j by %i', async (path, headers, body, status, code) => {
    const seen = await ask(path, headers, body);
    expect([seen.status, textAt(seen.body, 'error', 'code')]).toEqual([status, code]);
  });

  it('begins a stream with what it thinks of the prompt', async () => {
    const { text } = await ask('/azure/openai/v1/chat/completions', key, { ...CHAT, stream: true });
    expect(text).toMatch(/^data: \{"choices":\[\],"created":0,"id":"".*"prompt_filter_results"/);
  });
});

describe('Vertex AI', () => {
  const token = { authorization: 'Bearer ya29.any' };

  it.each<[path: string, headers: Headers, body: object, status: number]>([
    ['/google/models/small:generateContent', token, GEMINI, 200],
    ['/google/models/small:generateContent', { 'x-goog-api-key': 'any' }, GEMINI, 401],
    ['/google/models/missing:generateContent', token, GEMINI, 404],
    ['/google/models/small:rawPredict', token, CLAUDE, 404],
    ['/anthropic/models/claude-small@1:rawPredict', token, CLAUDE, 200],
    ['/anthropic/models/claude-small@1:rawPredict', { 'x-api-key': 'any' }, CLAUDE, 401],
    ['/anthropic/models/claude-small@1:rawPredict', token, { ...CLAUDE, model: 'claude-small' }, 400],
    ['/anthropic/models/claude-small@1:rawPredict', token, { ...CLAUDE, anthropic_version: '2023-06-01' }, 400],
    ['/anthropic/models/missing:rawPredict', token, CLAUDE, 404],
    ['/anthropic/models/small:generateContent', token, GEMINI, 404],
  ])('answers %s with %j and %j by %i', async (path, headers, body, status) => {
    expect((await ask(MODELS + path, headers, body)).status).toBe(status);
  });

  it('streams as each publisher does', async () => {
    const google = await ask(`${MODELS}/google/models/small:streamGenerateContent?alt=sse`, token, GEMINI);
    expect(google.text).toMatch(/^data: \{.*"candidates"/);
    const path = `${MODELS}/anthropic/models/claude-small:streamRawPredict`;
    expect((await ask(path, token, { ...CLAUDE, stream: true })).text).toMatch(/^event: message_start/);
  });
});

describe('Copilot', () => {
  const editor = { 'editor-version': 'test/1' };
  const exchange = async (githubToken: string): Promise<string> => {
    const { body } = await ask('/copilot/copilot_internal/v2/token', { authorization: `token ${githubToken}` });
    return textAt(body, 'token');
  };
  const chatWith = (token: string, headers: Headers = editor, body: object = CHAT) =>
    ask('/copilot/chat/completions', { authorization: `Bearer ${token}`, ...headers }, body);

  it('takes the token of its exchange, from an editor', async () => {
    const token = await exchange('gho_any');
    expect((await chatWith(token)).status).toBe(200);
    expect((await chatWith(token, {})).status).toBe(400);
  });

  it('takes no GitHub token, no token of its own making, and none that has ended', async () => {
    expect(await chatWith('gho_any')).toMatchObject({ status: 401, text: 'unauthorized: bad token\n' });
    const token = await exchange('gho_life-1');
    expect((await chatWith(token.replace(/exp=\d+/, 'exp=9999999999'))).status).toBe(401);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await chatWith(token)).toMatchObject({ status: 401, text: 'unauthorized: token expired\n' });
  });

  it('gives no token for a bad one', async () => {
    const bad = { authorization: 'token sk-simulator-bad' };
    expect((await ask('/copilot/copilot_internal/v2/token', bad)).status).toBe(401);
    expect((await ask('/copilot/copilot_internal/v2/token', {})).status).toBe(401);
  });

  it('looks at images only where they are announced', async () => {
    const token = await exchange('gho_any');
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
    const seeing = { ...CHAT, messages: [{ role: 'user', content: [image] }] };
    expect((await chatWith(token, editor, seeing)).status).toBe(400);
    expect((await chatWith(token, { ...editor, 'copilot-vision-request': 'true' }, seeing)).status).toBe(200);
  });
});
