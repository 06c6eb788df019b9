import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Simulator, startSimulator } from '../src/server.ts';
import type { VendorName } from '../src/ask.ts';
import { journal, type Stand, standFor, VENDOR_NAMES } from './stand.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator.close());
beforeEach(async () => {
  await fetch(`${simulator.url}/__sim/reset`, { method: 'POST' });
});

/** What a vendor's own words for a bad key hold. */
const BAD_KEY_WORDS: Record<VendorName, string> = {
  openai: 'invalid_api_key',
  'openai-responses': 'invalid_api_key',
  anthropic: 'authentication_error',
  gemini: 'API_KEY_INVALID',
  bedrock: 'The security token included in the request is invalid.',
  ollama: 'unauthorized',
  cohere: 'Incorrect API key provided',
};

describe.each(VENDOR_NAMES)('%s', (name) => {
  const stand = (): Stand => standFor(name, simulator.url);
  /** Ollama knows neither cached nor reasoned tokens, no filter, no choice of tools, and of images the bytes alone. */
  const isOllama = name === 'ollama';

  it('repeats the beginning of the prompt', async () => {
    expect((await stand().ask('Hello there')).text).toBe('You said: Hello there');
    const long = await stand().ask(Array.from({ length: 100 }, (_, index) => `w${index}`).join(' '));
    expect(long.text.split(' ')).toHaveLength(60);
  });

  it('says the same in a stream as in a whole answer', async () => {
    for (const prompt of [
      'Hello',
      '[[sim:unicode]]',
      '[[sim:parallel]]',
      '[[sim:reasoning]] why',
      '[[sim:long 500]]',
    ]) {
      const whole = await stand().ask(prompt);
      const streamed = await stand().askStream(prompt);
      const { id: _wholeId, ...wholeRest } = whole;
      const { id: _streamId, deltas: _deltas, ...streamRest } = streamed;
      expect(streamRest).toEqual(wholeRest);
    }
  });

  it('streams text word by word', async () => {
    expect((await stand().askStream('one two three')).deltas).toBe(5);
    expect((await stand().askStream('[[sim:long 300]]')).deltas).toBe(300);
  });

  it('calls the tools of the request with arguments that satisfy their schemas', async () => {
    const one = await stand().ask('[[sim:tools]]', { tools: true });
    expect(one.calls).toEqual([{ name: 'book', arguments: { city: 'sample', kind: 'rail', seats: 1 } }]);
    expect(one.finish).toBe('tool_calls');
    const three = await stand().ask('[[sim:parallel]]', { tools: true });
    expect(three.calls.map((call) => call.name)).toEqual(['book', 'cancel', 'book']);
    const spoken = await stand().askStream('[[sim:text-tools]]', { tools: true });
    expect([spoken.text, spoken.calls.length]).toEqual(['Let me look that up.', 1]);
  });

  it('calls get_weather when the request has no tools', async () => {
    expect((await stand().ask('[[sim:tools]]')).calls).toEqual([{ name: 'get_weather', arguments: { city: 'Paris' } }]);
  });

  it('calls the tool that the request forces', async () => {
    const { calls } = await stand().ask('Hi', { tools: true, forceTool: 'cancel' });
    expect(calls.map((call) => call.name)).toEqual(isOllama ? [] : ['cancel']);
  });

  it('answers tool results with those results, whatever the markers', async () => {
    expect((await stand().askWithToolResult('[[sim:tools]]', 'sunny')).text).toBe('book: sunny');
  });

  it('answers JSON by marker and by the requested format', async () => {
    expect((await stand().ask('[[sim:json]]')).text).toBe('{"answer":42}');
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    expect((await stand().ask('Hi', { schema })).text).toBe('{"city":"sample"}');
  });

  it('reports given usage in the arithmetic of the vendor', async () => {
    for (const answer of [
      await stand().ask('[[sim:usage 100 30 40 10]]'),
      await stand().askStream('[[sim:usage 100 30 40 10]]'),
    ]) {
      const reasoning = name === 'bedrock' ? null : 10;
      const split = isOllama ? { cached: 0, reasoning: 0 } : { cached: 40, reasoning };
      expect(answer.usage).toEqual({ input: 100, output: 30, ...split });
    }
    expect((await stand().ask('[[sim:no-usage]]')).usage).toBeNull();
    expect((await stand().askStream('[[sim:no-usage]]')).usage).toBeNull();
  });

  it('derives usage from the characters', async () => {
    expect((await stand().ask('12345')).usage).toMatchObject({ input: 2, output: 4 });
  });

  it('ends for the reason a marker names', async () => {
    expect((await stand().ask('[[sim:length]] x')).finish).toBe('length');
    const filtered = { finish: isOllama ? 'stop' : 'content_filter', text: '' };
    expect(await stand().askStream('[[sim:filter]]')).toMatchObject(filtered);
    expect(await stand().ask('[[sim:empty]]')).toMatchObject({ finish: 'stop', text: '' });
    expect((await stand().ask('[[sim:refusal]]')).isRefusal).toBe(true);
    expect((await stand().askStream('[[sim:refusal]]')).isRefusal).toBe(true);
  });

  it('reasons first when the model is large', async () => {
    const started = performance.now();
    const answer = await stand().askStream('Hi', { model: 'large' });
    expect(performance.now() - started).toBeGreaterThan(300);
    expect(answer.reasoning).toContain('Let me think.');
    if (!isOllama && name !== 'bedrock') expect(answer.usage?.reasoning).toBeGreaterThan(0);
  });

  it('tells what it understood', async () => {
    const answer = await stand().ask('[[sim:echo]]', { system: 'Be kind', tools: true, image: 'aGVsbG8=' });
    const understood: unknown = JSON.parse(answer.text);
    expect(understood).toMatchObject({
      dialect: name,
      system: 'Be kind',
      tools: ['book', 'cancel'],
      images: [{ mime: isOllama ? 'image' : 'image/png', bytes: 5 }],
    });
  });

  it('waits before the first byte and between deltas', async () => {
    const started = performance.now();
    await stand().askStream('[[sim:slow 60]] [[sim:drip 20]] a b c');
    expect(performance.now() - started).toBeGreaterThan(130);
  });

  it.each([400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 529])(
    'fails with status %i in its own shape',
    async (status) => {
      const answer = await stand().send(`[[sim:error ${status} 7]]`, { stream: true });
      expect(answer.status).toBe(status);
      const text = await answer.text();
      expect(answer.headers.get(stand().requestIdHeader)).toMatch(/^req_sim/u);
      expect(stand().errorMessage(text)).not.toBe('');
      if (name === 'gemini') expect(text).toContain('"retryDelay":"7s"');
      else expect(answer.headers.get('retry-after')).toBe('7');
    },
  );

  it('fails the first requests of a flaky key only', async () => {
    const statuses = [];
    for (const key of ['a', 'a', 'b', 'a']) statuses.push((await stand().send(`[[sim:flaky 2 ${key}]]`)).status);
    expect(statuses).toEqual([503, 503, 503, 200]);
  });

  it('cuts the connection after so many deltas', async () => {
    const answer = await stand().send('[[sim:cut 3]] a b c d e f', { stream: true });
    const { text, error } = await readUntilBroken(answer);
    expect(error).not.toBeNull();
    expect(stand().countDeltas(text)).toBe(3);
    expect((await journal(simulator.url))[0]).toMatchObject({ aborted: false, markers: ['cut'] });
    await expect((await stand().send('[[sim:cut 3]]')).text()).rejects.toThrow();
  });

  it('sends its error event after so many deltas', async () => {
    const answer = await stand().send('[[sim:fail 2]] a b c d e f', { stream: true });
    const text = await answer.text();
    expect(stand().countDeltas(text)).toBe(2);
    expect(text).toContain(stand().failureMark);
  });

  it('notes a client that leaves', async () => {
    for (const prompt of ['[[sim:hang]]', '[[sim:drip 50]] a b c d e f g', '[[sim:slow 5000]]']) {
      await fetch(`${simulator.url}/__sim/reset`, { method: 'POST' });
      const controller = new AbortController();
      const sent = stand()
        .send(prompt, { stream: true }, controller.signal)
        .then((answer) => answer.text());
      setTimeout(() => controller.abort(), 60);
      await expect(sent).rejects.toThrow();
      await expect(journalWithAbort(simulator.url)).resolves.toMatchObject({ dialect: name, aborted: true });
    }
  });

  it('refuses a missing key, a bad key, an unknown model and an unknown route', async () => {
    const absent = await stand().send('Hi', { key: '' });
    expect(absent.status).toBe(isOllama ? 200 : name === 'gemini' || name === 'bedrock' ? 403 : 401);
    const bad = await stand().send('Hi', { key: 'sk-simulator-bad' });
    expect(bad.status).toBe(name === 'gemini' ? 400 : name === 'bedrock' ? 403 : 401);
    const badText = await bad.text();
    expect(badText).toContain(BAD_KEY_WORDS[name]);
    const missing = await stand().send('Hi', { model: 'missing-1' });
    expect(missing.status).toBe(name === 'openai-responses' || name === 'bedrock' ? 400 : 404);
    expect(stand().errorMessage(await missing.text())).toContain(name === 'bedrock' ? 'identifier' : 'missing-1');
    const nowhere = await fetch(`${simulator.url}/${name.split('-')[0]}/nowhere`);
    expect(nowhere.status).toBe(404);
    expect(stand().errorMessage(await nowhere.text())).not.toBe('');
  });

  it('refuses a marker it does not know, and one without its argument', async () => {
    for (const prompt of ['[[sim:sloow 5]]', '[[sim:slow]]', '[[sim:error 418]]', '[[sim:constructor]]']) {
      const answer = await stand().send(prompt);
      expect(answer.status).toBe(400);
      expect(stand().errorMessage(await answer.text())).toContain('Simulator:');
    }
  });

  it('refuses bodies that are no JSON object', async () => {
    for (const body of ['{"a":', '[]', '']) expect((await stand().sendRaw(body)).status).toBe(400);
  });

  it('lists its models', async () => {
    expect(await stand().models()).toEqual(['small', 'large']);
  });
});

describe('the journal', () => {
  it('keeps the last requests, oldest first', async () => {
    const stand = standFor('openai', simulator.url);
    await stand.ask('one');
    await stand.ask('[[sim:usage 1 2]] [[sim:length]]', { model: 'other' });
    const entries = await journal(simulator.url);
    expect(entries).toMatchObject([
      { dialect: 'openai', model: 'small', roles: ['user'], markers: [], status: 200, aborted: false },
      { model: 'other', markers: ['usage', 'length'], status: 200 },
    ]);
    expect(await journal(simulator.url, 1)).toHaveLength(1);
  });
});

describe('its own routes', () => {
  it('says that it lives, and what it does not know', async () => {
    const live = await fetch(`${simulator.url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }]);
    expect((await fetch(`${simulator.url}/elsewhere`)).status).toBe(404);
  });
});

async function readUntilBroken(answer: Response): Promise<{ text: string; error: unknown }> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, error: null };
  } catch (error) {
    return { text, error };
  }
}

async function journalWithAbort(url: string): Promise<unknown> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const entry = (await journal(url)).find((known) => known.aborted);
    if (entry) return entry;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return null;
}
