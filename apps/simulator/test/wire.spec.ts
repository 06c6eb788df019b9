import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../src/server.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';
import { standFor, VENDOR_NAMES } from './stand.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator.close());

function postOpenai(body: object): Promise<Response> {
  return fetch(`${simulator.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer k' },
    body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'one two' }], ...body }),
  });
}

function postGemini(verb: string, body: object): Promise<Response> {
  return fetch(`${simulator.url}/gemini/v1beta/models/small:${verb}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'k' },
    body: JSON.stringify(body),
  });
}

describe('the bytes of OpenAI', () => {
  it('end with [DONE], and tell usage only when asked', async () => {
    const silent = await (await postOpenai({ stream: true })).text();
    expect(silent).toMatch(/\n\ndata: \[DONE\]\n\n$/u);
    expect(silent).not.toContain('usage');
    const telling = await (await postOpenai({ stream: true, stream_options: { include_usage: true } })).text();
    const chunks = telling.split('\n\n').filter((event) => event.startsWith('data: {'));
    expect(chunks.slice(0, -1).every((chunk) => chunk.endsWith(',"usage":null}'))).toBe(true);
    expect(parse((chunks.at(-1) ?? '').slice(6))).toMatchObject({ choices: [], usage: { prompt_tokens: 2 } });
  });

  it('give every choice of n, with log probabilities', async () => {
    const whole = parse(await (await postOpenai({ n: 3, logprobs: true, top_logprobs: 2 })).text());
    expect(listAt(whole, 'choices').map((choice) => numberAt(choice, 'index'))).toEqual([0, 1, 2]);
    expect(listAt(whole, 'choices', 2, 'logprobs', 'content', 0, 'top_logprobs')).toHaveLength(2);
    const stream = await (await postOpenai({ n: 2, stream: true })).text();
    expect(stream.match(/"finish_reason":"stop"/gu)).toHaveLength(2);
  });

  it('give tool arguments in fragments', async () => {
    const prompt = { messages: [{ role: 'user', content: '[[sim:tools]]' }], stream: true };
    const text = await (await postOpenai(prompt)).text();
    const fragments = [...text.matchAll(/"arguments":("(?:[^"\\]|\\.)*")/gu)].map((match) =>
      textAt(parse(match[1] ?? '')),
    );
    expect(fragments).toEqual(['', '{"city":"Par', 'is"}']);
  });
});

describe('the bytes of Responses', () => {
  const input = [{ role: 'user', content: '[[sim:reasoning]] [[sim:text-tools]]' }];
  const post = (body: object): Promise<Response> =>
    fetch(`${simulator.url}/openai/v1/responses`, {
      method: 'POST',
      headers: { authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'small', input, ...body }),
    });
  const eventsOf = (text: string): Json[] => [...text.matchAll(/^data: (.*)$/gmu)].map(([, data]) => parse(data ?? ''));

  it('name and number every event, in the order of the documentation', async () => {
    const text = await (await post({ stream: true, reasoning: { summary: 'auto' } })).text();
    const events = eventsOf(text);
    const types = events.map((event) => textAt(event, 'type'));
    expect([...text.matchAll(/^event: (.*)$/gmu)].map(([, name]) => name)).toEqual(types);
    expect(events.map((event) => numberAt(event, 'sequence_number'))).toEqual([...types.keys()]);
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual(
      [
        'created',
        'in_progress',
        'output_item.added',
        'reasoning_summary_part.added',
        'reasoning_summary_text.delta',
        'reasoning_summary_text.done',
        'reasoning_summary_part.done',
        'output_item.done',
        'output_item.added',
        'content_part.added',
        'output_text.delta',
        'output_text.done',
        'content_part.done',
        'output_item.done',
        'output_item.added',
        'function_call_arguments.delta',
        'function_call_arguments.done',
        'output_item.done',
        'completed',
      ].map((type) => `response.${type}`),
    );
  });

  it('number the error event too', async () => {
    const failing = [{ role: 'user', content: '[[sim:fail 1]] x' }];
    const events = eventsOf(await (await post({ stream: true, input: failing })).text());
    expect(events.at(-1)).toMatchObject({ type: 'error', sequence_number: events.length - 1 });
  });

  it('hold the summary and the state of reasoning only where they are asked for', async () => {
    const plain = parse(await (await post({})).text());
    expect(dig(plain, 'output', 0)).toEqual({ id: textAt(plain, 'output', 0, 'id'), type: 'reasoning', summary: [] });
    const include = ['reasoning.encrypted_content'];
    const full = parse(await (await post({ include, reasoning: { summary: 'auto' } })).text());
    expect(textAt(full, 'output', 0, 'encrypted_content')).not.toBe('');
    expect(listAt(full, 'output', 0, 'summary')).toHaveLength(1);
  });

  it('give log probabilities when they are included', async () => {
    const asked = { include: ['message.output_text.logprobs'], top_logprobs: 2, input: 'one two' };
    const whole = parse(await (await post(asked)).text());
    expect(listAt(whole, 'output', 0, 'content', 0, 'logprobs', 0, 'top_logprobs')).toHaveLength(2);
  });
});

describe('the bytes of Anthropic', () => {
  it('name every event, in the order of the documentation', async () => {
    const stand = standFor('anthropic', simulator.url);
    const text = await (await stand.send('[[sim:reasoning]] [[sim:tools]]', { stream: true })).text();
    const names = [...text.matchAll(/^event: (\w+)$/gmu)].map((match) => match[1]);
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      'message_start',
      'ping',
      ...Array.from({ length: 2 }, () => ['content_block_start', 'content_block_delta', 'content_block_stop']).flat(),
      'message_delta',
      'message_stop',
    ]);
    expect(text).toContain('"type":"signature_delta"');
  });
});

describe('the bytes of Gemini', () => {
  const contents = [{ parts: [{ text: 'one two' }] }];

  it('are SSE with CRLF when asked for, else one JSON array', async () => {
    const events = await postGemini('streamGenerateContent?alt=sse', { contents });
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    expect((await events.text()).replaceAll('\r\n', '')).not.toContain('\n');
    const array = await postGemini('streamGenerateContent', { contents });
    expect(array.headers.get('content-type')).toContain('application/json');
    expect(listAt(parse(await array.text()))).toHaveLength(5);
  });

  it('have parts in every event, as clients that keep a stream for the next turn expect', async () => {
    const stream = await postGemini('streamGenerateContent', { contents: [{ parts: [{ text: '[[sim:parallel]]' }] }] });
    const parts = listAt(parse(await stream.text())).map((event) => listAt(event, 'candidates', 0, 'content', 'parts'));
    expect(parts.map((each) => each.length)).toEqual([1, 1, 1, 1]);
    expect(parts.at(-1)).toEqual([{ text: '' }]);
  });

  it('stay one JSON array when the stream fails, from the first delta on', async () => {
    for (const count of [0, 1]) {
      const failing = [{ parts: [{ text: `[[sim:fail ${count}]] x` }] }];
      const array = listAt(parse(await (await postGemini('streamGenerateContent', { contents: failing })).text()));
      expect(array).toHaveLength(count + 1);
      expect(numberAt(array.at(-1) ?? null, 'error', 'code')).toBe(503);
    }
  });

  it('sign the first call when there was reasoning, and give every candidate', async () => {
    const asking = [{ parts: [{ text: '[[sim:reasoning]] [[sim:parallel]]' }] }];
    const generationConfig = { candidateCount: 2 };
    const whole = parse(await (await postGemini('generateContent', { contents: asking, generationConfig })).text());
    const signatures = listAt(whole, 'candidates', 1, 'content', 'parts').map((part) => dig(part, 'thoughtSignature'));
    expect(signatures.map(Boolean)).toEqual([false, true, false, false]);
  });
});

describe('the bytes of Bedrock', () => {
  const signature = `AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;
  const postBedrock = (model: string, body: object, headers: Record<string, string>): Promise<Response> =>
    fetch(`${simulator.url}/bedrock/model/${model}/converse-stream`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  const messages = [{ role: 'user', content: [{ text: 'naïve 日本' }] }];

  it('are frames, told as such, for a name with a colon and a signature', async () => {
    const headers = { authorization: signature, 'x-amz-date': '20260101T000000Z' };
    const answer = await postBedrock('small-v1%3A0', { messages }, headers);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/vnd.amazon.eventstream']);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.readUInt32BE(0)).toBeLessThan(bytes.length);
    expect(bytes.toString()).toContain('{"text":" 日本"}');
  });

  it('name the kind of an error in a header', async () => {
    const answer = await postBedrock('missing', { messages }, { authorization: 'Bearer k' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toMatch(/^ValidationException:http:/u);
    const bad = { authorization: signature.replace('AKIA', 'sk-simulator-bad'), 'x-amz-date': '20260101T000000Z' };
    expect((await postBedrock('small', { messages }, bad)).headers.get('x-amzn-errortype')).toMatch(
      /^UnrecognizedClientException:/u,
    );
    const shapeless = await postBedrock('small', { messages }, { authorization: 'AWS4-HMAC-SHA256 Credential=x' });
    expect(shapeless.status).toBe(403);
  });

  it('list what can be called, and no profiles', async () => {
    const ask = async (path: string): Promise<unknown> =>
      (await fetch(`${simulator.url}/bedrock${path}`, { headers: { authorization: 'Bearer k' } })).json();
    expect(await ask('/foundation-models/small')).toMatchObject({ modelDetails: { modelId: 'small' } });
    expect(await ask('/inference-profiles?maxResults=1000')).toEqual({ inferenceProfileSummaries: [] });
  });
});

describe('the bytes of Ollama', () => {
  const ask = (path: string, body: object): Promise<Response> =>
    fetch(`${simulator.url}/ollama${path}`, {
      method: 'POST',
      body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: '[[sim:tools]]' }], ...body }),
    });

  it('are a line for each piece unless a stream is not wanted, with calls whole and "stop" behind them', async () => {
    const answer = await ask('/api/chat', {});
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text()).trim().split('\n').map(parse);
    expect(lines.map((line) => dig(line, 'done'))).toEqual([false, true]);
    expect(dig(lines[0]!, 'message', 'tool_calls', 0, 'function', 'arguments')).toEqual({ city: 'Paris' });
    expect(textAt(lines[1]!, 'done_reason')).toBe('stop');
    expect(dig(parse(await (await ask('/api/chat', { stream: false })).text()), 'done')).toBe(true);
  });

  it('are those of OpenAI under /v1, without a key', async () => {
    const answer = parse(await (await ask('/v1/chat/completions', {})).text());
    expect(textAt(answer, 'choices', 0, 'finish_reason')).toBe('tool_calls');
    const list = parse(await (await fetch(`${simulator.url}/ollama/v1/models`)).text());
    expect(listAt(list, 'data').map((model) => textAt(model, 'id'))).toEqual(['small', 'large']);
  });

  it('describe a model by the name in the body', async () => {
    const shown = parse(await (await ask('/api/show', { model: 'large' })).text());
    expect([textAt(shown, 'model'), listAt(shown, 'capabilities')]).toContainEqual('large');
    expect((await ask('/api/show', { model: 'missing' })).status).toBe(404);
  });
});

describe('the bytes of Cohere', () => {
  it('name every event, in the order of the documentation, and end with [DONE]', async () => {
    const stand = standFor('cohere', simulator.url);
    const text = await (await stand.send('[[sim:reasoning]] [[sim:text-tools]]', { stream: true })).text();
    const names = [...text.matchAll(/^event: ([\w-]+)$/gmu)].map((match) => match[1]);
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      'message-start',
      'content-start',
      'content-delta',
      'content-end',
      'tool-plan-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call-end',
      'message-end',
    ]);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });
});

describe('a simulator that was reset', () => {
  it('gives the same bytes for the same requests', async () => {
    const run = async (): Promise<string> => {
      await fetch(`${simulator.url}/__sim/reset`, { method: 'POST' });
      const texts = [];
      for (const name of VENDOR_NAMES) {
        texts.push(await (await standFor(name, simulator.url).send('[[sim:parallel]]', { stream: true })).text());
      }
      return texts.join('').replaceAll(/"(created|created_at|completed_at)":("[^"]*"|\d+)/gu, '"created":0');
    };
    expect(await run()).toBe(await run());
  });
});
