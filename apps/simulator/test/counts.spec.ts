import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../src/server.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator?.close());

async function post(path: string, headers: Record<string, string>, body: object): Promise<[number, unknown]> {
  const response = await fetch(simulator.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return [response.status, await response.json()];
}
const anthropic = (body: object) =>
  post('/anthropic/v1/messages/count_tokens', { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' }, body);
const gemini = (body: object) => post('/gemini/v1beta/models/large:countTokens', { 'x-goog-api-key': 'any' }, body);

describe('Anthropic’s count of tokens', () => {
  const messages = [{ role: 'user', content: 'twelve chars' }];

  it('is that of the prompt, at four characters a token', async () => {
    const system = 'and four';
    expect(await anthropic({ model: 'large', messages, system })).toEqual([200, { input_tokens: 5 }]);
  });

  it('is what a marker says', async () => {
    const marked = [{ role: 'user', content: '[[sim:usage 1234 5]]' }];
    expect(await anthropic({ model: 'small', messages: marked })).toEqual([200, { input_tokens: 1234 }]);
  });

  it.each([{ max_tokens: 9 }, { stream: false }, { messages: undefined }])('is refused with %j', async (fields) => {
    const [status, body] = await anthropic({ model: 'small', messages, ...fields });
    expect(status).toBe(400);
    expect(body).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });
});

describe('Gemini’s count of tokens', () => {
  const contents = [{ role: 'user', parts: [{ text: 'twelve chars' }] }];

  it('is that of the contents, or of a whole request', async () => {
    const counted = (tokens: number) => ({
      totalTokens: tokens,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }],
    });
    expect(await gemini({ contents })).toEqual([200, counted(3)]);
    const systemInstruction = { parts: [{ text: 'and four' }] };
    const whole = { model: 'models/large', contents, systemInstruction };
    expect(await gemini({ generateContentRequest: whole })).toEqual([200, counted(5)]);
  });

  it.each([
    { contents, generateContentRequest: { model: 'models/large', contents } },
    { contents, systemInstruction: { parts: [{ text: 'x' }] } },
    { generateContentRequest: { contents } },
  ])('is refused for %j', async (body) => {
    expect(await gemini(body)).toMatchObject([400, { error: { status: 'INVALID_ARGUMENT' } }]);
  });
});
