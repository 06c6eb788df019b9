import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamFailureError } from '../dialect.ts';
import { readEvents } from './door.testing.ts';
import { ResponsesRelay } from './relay.ts';
import { context, sse, type Event } from './stream.testing.ts';
import { encodeUsage } from './usage.ts';

const root = process.env['PARLEY_RECORDINGS'] ?? join(import.meta.dirname, '../../../../../shared/recordings');
const isPresent = existsSync(join(root, 'cases.tsv'));
if (!isPresent) console.warn('SKIPPED: recordings not found; the Responses relay is not tested over recorded traffic');

const counted = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };
const created: Event = {
  type: 'response.created',
  sequence_number: 0,
  response: { id: 'resp_1', status: 'in_progress', temperature: 0.1, output: [] },
};
const delta = (text: string, sequence: number): Event => ({
  type: 'response.output_text.delta',
  sequence_number: sequence,
  output_index: 0,
  content_index: 0,
  delta: text,
});
const item = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Grüße 😀' }] };
const completed = (fields: object = { usage }): Event => ({
  type: 'response.completed',
  sequence_number: 3,
  response: { id: 'resp_1', status: 'completed', output: [item], ...fields },
});
const EVENTS = [created, delta('Grüße', 1), delta(' 😀', 2), completed()];

type Relayed = { before: string; whole: string; relay: ResponsesRelay };

/** Passes a stream in pieces. `before`: what the client had before the end. */
function relay(pieces: readonly Buffer[]): Relayed {
  const transform = new ResponsesRelay(context);
  const passed: Buffer[] = [];
  for (const piece of pieces) passed.push(transform.push(piece) ?? Buffer.alloc(0));
  const before = Buffer.concat(passed).toString();
  const rest = transform.end(() => counted);
  return { before, whole: before + (rest?.toString() ?? ''), relay: transform };
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function failureOf(run: () => unknown): UpstreamFailureError {
  try {
    run();
  } catch (error) {
    if (error instanceof UpstreamFailureError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('ResponsesRelay', () => {
  it.each(['\n', '\r\n', '\r'])('passes every byte on, however the network cuts them (line end %j)', (lineEnd) => {
    const text = `: hello\n\n${sse(EVENTS).toString()}`.replaceAll('\n', lineEnd);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (places) => {
        const { before, whole, relay: done } = relay(cutAt(Buffer.from(text), places));
        expect(whole).toBe(text);
        expect(before).not.toContain('response.completed');
        expect(done.facts).toMatchObject({ begun: true, done: true, outputChars: 8 });
        expect(done.facts.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 2 });
        expect(done.facts.answer).toEqual(completed()['response']);
      }),
    );
  });

  it('says which response the client goes on from, wherever it tells of the response, and leaves all else as it is', () => {
    const pieces = [...EVENTS.slice(0, 3), completed({ usage, previous_response_id: null })];
    const transform = new ResponsesRelay(context, 'resp_0');
    const passed = pieces.map((event) => transform.push(sse([event]))?.toString() ?? '');
    const last = transform.end(() => counted)!.toString();
    expect(passed.slice(1)).toEqual([...pieces.slice(1, 3).map((event) => sse([event]).toString()), '']);
    const repeated = { previous_response_id: 'resp_0' };
    expect(readEvents(passed[0]! + last)).toEqual([
      { ...created, response: { ...(created['response'] as object), ...repeated } },
      { ...pieces[3], response: { ...(pieces[3]!['response'] as object), ...repeated } },
    ]);
    expect(transform.facts.answer).toMatchObject(repeated);
    const error = { code: 'provider_rate_limited', type: 'rate_limit_error', message: 'Slow down.' };
    const failing = new ResponsesRelay(context, 'resp_0');
    failing.push(sse([created]));
    expect(readEvents(failing.fail({ error }, counted))).toMatchObject([{ response: repeated }]);
  });

  it('changes no other byte where it says which response the client goes on from, or what it counted', () => {
    const events = ['response.created', 'response.completed'].map((type) => {
      const response = '{ "id": "resp_1", "temperature": 1.0, "output": [], "previous_response_id" : null }';
      return `event: ${type}\ndata: {"type":"${type}", "response": ${response}, "odd": 1e2}\n\n`;
    });
    const transform = new ResponsesRelay(context, 'resp_0');
    const first = transform.push(Buffer.from(events.join('')))!.toString();
    const told = events.map((event) => event.replace('null', '"resp_0"'));
    expect(first).toBe(told[0]);
    const usageText = JSON.stringify(encodeUsage(counted));
    const last = transform.end(() => counted)!.toString();
    expect(last).toBe(told[1]!.replace('"response": {', `"response": {"usage":${usageText},`));
  });

  it('calls what two parsers would read differently a bad answer, where it has to change something in it', () => {
    const twice = Buffer.from(
      'event: response.created\ndata: {"type":"response.created","response":{"id":1,"id":2}}\n\n',
    );
    expect(new ResponsesRelay(context).push(twice)).toEqual(twice);
    const failure = failureOf(() => new ResponsesRelay(context, 'resp_0').push(twice));
    expect(failure.failure.code).toBe('provider_bad_answer');
  });

  it('gives every event as soon as it is whole, but the last', () => {
    const transform = new ResponsesRelay(context);
    const bytes = EVENTS.map((event) => sse([event]));
    expect(bytes.map((one) => transform.push(one)?.toString())).toEqual([...bytes.slice(0, 3).map(String), undefined]);
    expect(transform.facts.answer).toBeUndefined();
  });

  it('says usage that was counted here where the provider said none', () => {
    const { whole, relay: done } = relay([sse([created, delta('Hi', 1), completed({})])]);
    const last = readEvents(whole).at(-1)!;
    expect(last).toMatchObject({ type: 'response.completed', sequence_number: 3, response: { id: 'resp_1' } });
    expect(last.response!['usage']).toMatchObject({ input_tokens: 3, output_tokens: 4, total_tokens: 7 });
    expect(done.facts.usage).toBeNull();
  });

  it('counts an answer that came without deltas from its end', () => {
    const done: Event = { type: 'response.output_item.done', sequence_number: 1, output_index: 0, item };
    const { whole, relay: one } = relay([sse([created, done, completed({})])]);
    expect(readEvents(whole).map(({ type }) => type)).toEqual([created.type, done.type, 'response.completed']);
    expect(one.facts).toMatchObject({ begun: true, usage: null, outputChars: 8 });
  });

  it('takes the state of the reasoning from the end, that of the last piece', () => {
    const thoughts = ['first', 'second'].map((state) => ({ type: 'reasoning', encrypted_content: state, summary: [] }));
    const { relay: done } = relay([sse([created, delta('Hi', 1), completed({ usage, output: [...thoughts, item] })])]);
    expect(done.facts.state).toBe('second');
  });

  it('passes events without names on as well, and reads what kind they are of', () => {
    const text = EVENTS.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    const { whole, relay: done } = relay([Buffer.from(text)]);
    expect(whole).toBe(text);
    expect(done.facts).toMatchObject({ outputChars: 8, usage: { prompt_tokens: 10 } });
  });

  it('leaves out what follows the end', () => {
    const bytes = Buffer.concat([sse(EVENTS), Buffer.from('data: [DONE]\n\n')]);
    expect(relay([bytes]).whole).toBe(sse(EVENTS).toString());
  });

  it('begins with the work of a provider’s own tools as well', () => {
    const transform = new ResponsesRelay(context);
    const fragment = { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: '*** Begin' };
    transform.push(sse([created]));
    expect(transform.facts.begun).toBe(false);
    transform.push(sse([fragment]));
    expect(transform.facts.begun).toBe(true);
  });

  it('calls a stream incomplete that stops before its end, wherever that is', () => {
    for (const length of [0, 1, 2, 3]) {
      const failure = failureOf(() => relay([sse(EVENTS.slice(0, length))]));
      expect(failure.failure.code).toBe('upstream_incomplete');
    }
  });

  it('turns an error of the provider into a failure, with what stood before it', () => {
    const error = { type: 'error', code: 'server_error', message: 'Overloaded' };
    const failed = { type: 'response.failed', response: { status: 'failed', error: { code: 'rate_limit_exceeded' } } };
    const cancelled = completed({ status: 'cancelled' });
    for (const [event, code] of [
      [error, 'provider_unavailable'],
      [failed, 'provider_rate_limited'],
      [cancelled, 'upstream_incomplete'],
    ] as const) {
      const failure = failureOf(() => relay([sse([created, delta('Hi', 1), event, completed()])]));
      expect(failure.failure.code).toBe(code);
      expect(failure.partial?.toString()).toBe(sse([created, delta('Hi', 1)]).toString());
    }
  });

  it('counts on where the end shows that the response is not finished, since that end was never sent', () => {
    const transform = new ResponsesRelay(context);
    const events = [created, delta('Hi', 1), delta('!', 2), completed({ status: 'cancelled' })];
    failureOf(() => transform.push(sse(events)));
    const error = { code: 'upstream_incomplete', type: 'server_error', message: 'Cancelled.' };
    expect(readEvents(transform.fail({ error }, counted))).toMatchObject([{ sequence_number: 3 }]);
  });

  it('counts on where it failed behind an event that it did not read', () => {
    const transform = new ResponsesRelay(context);
    const done = { type: 'response.output_text.done', sequence_number: 7, text: 'Hi' };
    transform.push(sse([created, delta('Hi', 1), done]));
    const error = { code: 'provider_rate_limited', type: 'rate_limit_error', message: 'Slow down.' };
    expect(readEvents(transform.fail({ error }, counted))).toMatchObject([{ sequence_number: 8 }]);
  });

  it('counts on behind what it did not read where an error of the provider ends the stream', () => {
    const error = { code: 'provider_unavailable', type: 'server_error', message: 'Busy.' };
    const done = { type: 'response.output_text.done', sequence_number: 4, text: 'Hi there!' };
    for (const unread of [[], [done]]) {
      const transform = new ResponsesRelay(context);
      const before = [created, delta('Hi', 1), delta(' there', 2), delta('!', 3), ...unread];
      failureOf(() => transform.push(sse([...before, { type: 'error', code: 'server_error', message: 'Overloaded' }])));
      expect(readEvents(transform.fail({ error }, counted))).toMatchObject([{ sequence_number: before.length }]);
    }
  });

  it('fails also where what it passed on unread is no JSON', () => {
    const error = { code: 'upstream_incomplete', type: 'server_error', message: 'Cut off.' };
    for (const name of ['response.created', 'response.output_item.done']) {
      const transform = new ResponsesRelay(context);
      transform.push(Buffer.from(`event: ${name}\ndata: {oops\n\n`));
      expect(readEvents(transform.fail({ error }, counted))).toMatchObject([
        {
          type: 'response.failed',
          sequence_number: 1,
          response: { status: 'failed', id: `resp_${context.fallbackId}` },
        },
      ]);
    }
  });

  it('fails as the response that began, with the next number', () => {
    const transform = new ResponsesRelay(context);
    transform.push(sse([created, delta('Hi', 1), delta(' there', 2), delta('!', 3)]));
    const error = { code: 'provider_rate_limited', type: 'rate_limit_error', message: 'Slow down.' };
    expect(readEvents(transform.fail({ error }, counted))).toEqual([
      {
        type: 'response.failed',
        sequence_number: 4,
        response: expect.objectContaining({
          id: 'resp_1',
          temperature: 0.1,
          status: 'failed',
          error: { code: 'rate_limit_exceeded', message: 'Slow down.' },
          usage: expect.objectContaining({ input_tokens: 3, output_tokens: 4 }),
        }),
      },
    ]);
  });
});

describe('recorded streams', () => {
  const files = isPresent
    ? readdirSync(root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
        .flatMap(({ name }) => readdirSync(join(root, name)).map((file) => join(name, file)))
        .filter((file) => /\/responses-[^/]*\.response\.sse$/.test(file))
    : [];

  it('are there, or the folder is not', () => expect(files.length > 5).toBe(isPresent));

  it.each(files)('%s passes unchanged', (file) => {
    const bytes = readFileSync(join(root, file));
    const { whole } = relay(cutAt(bytes, [7, 1001, 5003, 20_011]));
    const end = bytes.toString().replace(/data: \[DONE\]\s*$/, '');
    expect(whole).toBe(end);
  });
});
