import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ErrorCode } from '@parley/contracts';
import { answerContext, foldChunks, readStream, singleBytes } from '../fold.testing.ts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';
import { SseReader } from '../sse.ts';
import { cohereChat } from './index.ts';

type Meta = {
  case: string;
  endpoint: string;
  format: string;
  status: number;
  response_headers: Record<string, string>;
};

const repositoryRoot = join(import.meta.dirname, '../../../..');
const directory = join(process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings'), 'cohere');
const present = existsSync(directory);
if (!present) console.warn(`SKIPPED: no recordings at ${directory}; the Cohere dialect is not tested over them`);

const cases = (present ? readdirSync(directory) : [])
  .filter((name) => /^cohere\.chat-.*\.meta\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Meta);

/** The first version of the API: another request, another stream. Parley speaks the second alone. */
const FIRST_VERSION = 'cohere.chat-stream-plain--command-2';

/** The two removed models were asked for in the first version too, whose errors have the same form. */
const ERROR_CODES: Record<string, ErrorCode> = {
  'cohere.chat-err401--command-a-03-2025': 'provider_auth_failed',
  'cohere.chat-err404--command-r': 'model_not_found',
  'cohere.chat-err404--command-r-plus': 'model_not_found',
};

const FINISH: Record<string, string> = { COMPLETE: 'stop', TOOL_CALL: 'tool_calls' };

const bodyOf = (meta: Meta): Buffer => readFileSync(join(directory, `${meta.case}.response.${meta.format}`));

/** A second reading, made of the raw documents with nothing of the dialect. */
type Reading = {
  text: string;
  reasoning: string;
  calls: { id: unknown; name: unknown; arguments: string }[];
  citations: JsonObject[];
  finish: string;
  usage: JsonObject;
};

function dig(value: unknown, ...path: string[]): unknown {
  return path.reduce((node: unknown, step) => (isObject(node) ? node[step] : undefined), value);
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

function readWhole(body: unknown): Reading {
  const message = dig(body, 'message');
  const content = objectsIn(dig(message, 'content'));
  return {
    text: content.map((block) => asText(block['text'])).join(''),
    reasoning: content.map((block) => asText(block['thinking'])).join('') + asText(dig(message, 'tool_plan')),
    calls: objectsIn(dig(message, 'tool_calls')).map((call) => ({
      id: call['id'],
      name: dig(call, 'function', 'name'),
      arguments: asText(dig(call, 'function', 'arguments')),
    })),
    citations: objectsIn(dig(message, 'citations')),
    finish: asText(dig(body, 'finish_reason')),
    usage: dig(body, 'usage') as JsonObject,
  };
}

/** By the raw lines, as no answer recorded so far has an event of several lines. */
function readLines(body: Buffer): Reading {
  const lines = body.toString().split('\n');
  const events = lines
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as unknown);
  const messages = events.map((event) => dig(event, 'delta', 'message'));
  const join = (...path: string[]): string => messages.map((message) => asText(dig(message, ...path))).join('');
  const calls: Reading['calls'] = [];
  for (const event of events) {
    const call = dig(event, 'delta', 'message', 'tool_calls');
    if (dig(event, 'type') === 'tool-call-start') {
      calls.push({ id: dig(call, 'id'), name: dig(call, 'function', 'name'), arguments: '' });
    }
    if (isObject(call)) calls[Number(dig(event, 'index'))]!.arguments += asText(dig(call, 'function', 'arguments'));
  }
  const ending = dig(events.at(-1), 'delta');
  return {
    text: join('content', 'text'),
    reasoning: join('content', 'thinking') + join('tool_plan'),
    calls,
    citations: messages.map((message) => dig(message, 'citations')).filter(isObject),
    finish: asText(dig(ending, 'finish_reason')),
    usage: dig(ending, 'usage') as JsonObject,
  };
}

function expectReading({ choices, usage, id }: ChatCompletion, reading: Reading): void {
  const [choice] = choices;
  if (!choice) throw new Error('no choice');
  const { message } = choice;
  const calls = (message.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function }));
  expect(id).toMatch(/^chatcmpl-[0-9a-f]{8}-/);
  expect(message.content ?? '').toBe(reading.text);
  expect(message.reasoning_content ?? '').toBe(reading.reasoning);
  expect(calls).toEqual(reading.calls);
  for (const call of calls) expect(isObject(JSON.parse(call.arguments))).toBe(true);
  expect(choice['native_finish_reason']).toBe(reading.finish);
  expect(choice.finish_reason).toBe(FINISH[reading.finish]);
  expectCited(message.annotations ?? [], reading);
  const tokens = reading.usage['tokens'];
  const number = (field: string): number => Number(dig(tokens, field) ?? 0);
  expect(usage).toMatchObject({
    prompt_tokens: number('input_tokens') + number('image_tokens'),
    completion_tokens: number('output_tokens'),
    total_tokens: number('input_tokens') + number('image_tokens') + number('output_tokens'),
  });
  expect(usage!.prompt_tokens_details?.cached_tokens).toBe(reading.usage['cached_tokens']);
  expect(usage!.completion_tokens_details?.reasoning_tokens).toBe(dig(tokens, 'reasoning_tokens'));
}

/** Every citation names its source and points at the very words. */
function expectCited(annotations: unknown[], { citations, text }: Reading): void {
  expect(annotations).toHaveLength(citations.length);
  for (const [index, citation] of citations.entries()) {
    const cited = dig(annotations[index], 'file_citation');
    const [source] = objectsIn(citation['sources']);
    expect(dig(cited, 'file_id')).toBe(source?.['id']);
    expect(text.slice(Number(dig(cited, 'start_index')), Number(dig(cited, 'end_index')))).toBe(citation['text']);
  }
}

describe('recorded traffic of Cohere', () => {
  it('is all read here where it is present', () => {
    const failed = cases.filter(({ status }) => status !== 200).map((meta) => meta.case);
    expect(failed.toSorted()).toEqual(present ? Object.keys(ERROR_CODES).toSorted() : []);
    expect(cases.filter(({ format, status }) => format === 'json' && status === 200)).toHaveLength(present ? 9 : 0);
    expect(cases.filter(({ format }) => format === 'sse')).toHaveLength(present ? 7 : 0);
    expect(cases.filter(({ format }) => format === 'ndjson').map((meta) => meta.case)).toEqual(
      present ? [FIRST_VERSION] : [],
    );
  });

  for (const meta of cases.filter(({ status, format }) => status === 200 && format === 'json')) {
    it(`${meta.case} reads as a second reading says`, () => {
      const body: unknown = JSON.parse(bodyOf(meta).toString());
      expectReading(cohereChat.decodeResponse(body, answerContext), readWhole(body));
    });
  }

  for (const meta of cases.filter(({ format }) => format === 'sse')) {
    it(`${meta.case} reads as a second reading says, whole, byte by byte and in any two pieces`, () => {
      const body = bodyOf(meta);
      const chunks = readStream(cohereChat, [body]);
      expectReading(foldChunks(chunks), readLines(body));
      expect(readStream(cohereChat, singleBytes(body))).toEqual(chunks);
      const expected = JSON.stringify(chunks);
      const differing = [...body.keys()].filter(
        (at) => JSON.stringify(readStream(cohereChat, [body.subarray(0, at), body.subarray(at)])) !== expected,
      );
      expect(differing).toEqual([]);
    });

    it(`${meta.case} cut at any event before the end of the message is incomplete`, () => {
      const events = new SseReader().push(bodyOf(meta));
      const end = events.findIndex(({ event }) => event === 'message-end');
      for (let length = 0; length <= end; length += 1) {
        const decoder = cohereChat.openStreamDecoder(answerContext);
        for (const event of events.slice(0, length)) decoder.push(event);
        expect(() => decoder.end()).toThrow('upstream_incomplete');
      }
    });
  }

  for (const meta of cases.filter(({ status }) => status !== 200)) {
    it(`${meta.case} is ${ERROR_CODES[meta.case]}`, () => {
      const body: unknown = JSON.parse(bodyOf(meta).toString());
      const failure = cohereChat.decodeFailure(meta.status, meta.response_headers, body);
      expect(failure).toMatchObject({ code: ERROR_CODES[meta.case], retryable: false });
      expect(failure.upstream.message?.length).toBeGreaterThan(0);
    });
  }

  for (const meta of cases.filter((one) => one.case === FIRST_VERSION)) {
    it(`${meta.case} is of the first version and never taken for an answer`, () => {
      expect(() => readStream(cohereChat, [bodyOf(meta)])).toThrow('upstream_incomplete');
    });
  }
});
