import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ErrorCode } from '@parley/contracts';
import { SseReader } from '../sse.ts';
import { openaiResponses } from './index.ts';
import { context, foldStream, readStream, sse } from './stream.testing.ts';

const root = process.env['PARLEY_RECORDINGS'] ?? join(import.meta.dirname, '../../../../../shared/recordings');
const isPresent = existsSync(join(root, 'cases.tsv'));
if (!isPresent)
  console.warn('SKIPPED: recordings not found; the Responses dialect is not tested over recorded traffic');

/** Splitting at every position costs the square of the length. */
const MAX_SPLIT_BYTES = 16 * 1024;

type Meta = {
  provider: string;
  case: string;
  endpoint: string;
  status: number;
  format: string;
  response_headers: Record<string, string>;
};

/** As much of a response object as the reading below looks at. */
type Recorded = {
  id: string;
  created_at: number;
  model: string;
  status: string;
  output: {
    id?: string;
    type: string;
    call_id?: string;
    name?: string;
    arguments?: string;
    encrypted_content?: string | null;
    content?: { type: string; text?: string; annotations?: { type: string; url?: string }[] }[];
    summary?: { text: string }[];
  }[];
  usage: {
    input_tokens: number;
    input_tokens_details: { cached_tokens: number; cache_write_tokens?: number };
    output_tokens: number;
    output_tokens_details: { reasoning_tokens: number };
    total_tokens: number;
  };
};

const CODES: Readonly<Record<string, [code: ErrorCode, param?: string]>> = {
  'openai/responses-err400--gpt-4o': ['provider_refused_request', 'temperature'],
  'openai/responses-err400--gpt-5-mini': ['provider_refused_request', 'messages'],
  'openai/responses-err400--gpt-5-mini-2': ['provider_refused_request', 'messages'],
  'openai/responses-err400--gpt-5.2-proo': ['model_not_found', 'model'],
  'openai/responses-err400--this-model-does-not-exist': ['model_not_found', 'model'],
  'openai/responses-err401--gpt-4.1': ['provider_auth_failed'],
  'openai/responses-err401--gpt-5-nano': ['provider_auth_failed'],
  'openai/responses-err401--invalid-model-12345': ['provider_auth_failed'],
};

const metas = isPresent ? readdirSync(root, { withFileTypes: true }).flatMap((entry) => readMetas(entry.name)) : [];
const answers = metas.filter(({ status }) => status === 200);
const streams = answers.filter(({ format }) => format === 'sse');
const failures = metas.filter(({ status }) => status !== 200);

function readMetas(provider: string): Meta[] {
  const directory = join(root, provider);
  if (provider.startsWith('_') || !existsSync(directory) || /\.\w+$/.test(provider)) return [];
  return readdirSync(directory)
    .filter((file) => file.startsWith('responses-') && file.endsWith('.meta.json'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Meta)
    .filter(({ endpoint }) => endpoint === 'responses');
}

const titleOf = ({ provider, case: name }: Meta): string => `${provider}/${name}`;
const bodyOf = ({ provider, case: name, format }: Meta): Buffer =>
  readFileSync(join(root, provider, `${name}.response.${format}`));
const byteByByte = (body: Buffer): Buffer[] => [...body.keys()].map((at) => body.subarray(at, at + 1));

/** The response object at the end of a stream, found without any reader of ours. */
function lastResponse(body: Buffer): Recorded {
  const line = body
    .toString('utf8')
    .split('\n')
    .findLast((text) => /"type": ?"response\.(completed|incomplete)"/.test(text));
  return (JSON.parse(line!.slice('data:'.length)) as { response: Recorded }).response;
}

/** Holds an answer against a reading of the response object that shares nothing with the decoder. */
function expectRecorded(answer: ChatCompletion, recorded: Recorded): void {
  const items = (type: string) => recorded.output.filter((item) => item.type === type);
  const parts = items('message').flatMap((item) => item.content ?? []);
  const message = answer.choices[0]!.message;
  expect(answer.id).toBe(`chatcmpl-${recorded.id.replace('resp_', '')}`);
  expect(answer.model).toBe(recorded.model);
  expect(answer.created).toBe(Math.floor(recorded.created_at));
  expect(message.content ?? '').toBe(parts.map(({ text }) => text ?? '').join(''));
  const calls = items('function_call').map((item) => ({
    id: item.call_id,
    type: 'function',
    function: { name: item.name, arguments: item.arguments },
  }));
  expect(message.tool_calls ?? []).toEqual(calls);
  for (const { function: called } of message.tool_calls ?? []) JSON.parse(called.arguments);
  const thoughts = items('reasoning').flatMap((item) => [...(item.summary ?? []), ...(item.content ?? [])]);
  expect(message.reasoning_content ?? '').toBe(thoughts.map(({ text }) => text).join('\n\n'));
  const urls = parts.flatMap(({ annotations }) => annotations ?? []).filter(({ type }) => type === 'url_citation');
  expect(message.annotations ?? []).toMatchObject(urls.map(({ url }) => ({ url_citation: { url } })));
  const states = items('reasoning').filter((item) => item.encrypted_content);
  const kept = (message.reasoning_details ?? []).filter(({ type }) => type === 'reasoning.encrypted');
  expect(kept.map(({ id }) => id)).toEqual(states.map(({ id }) => id));
  expect(recorded.status).toBe('completed');
  expect(answer.choices[0]!.finish_reason).toBe(calls.length > 0 ? 'tool_calls' : 'stop');
  expectUsage(answer, recorded);
}

function expectUsage({ usage }: ChatCompletion, { usage: recorded }: Recorded): void {
  const { cached_tokens: cached, cache_write_tokens: written } = recorded.input_tokens_details;
  expect(usage).toEqual({
    prompt_tokens: recorded.input_tokens,
    completion_tokens: recorded.output_tokens,
    total_tokens: recorded.total_tokens,
    prompt_tokens_details: { cached_tokens: cached, ...(written !== undefined && { cache_write_tokens: written }) },
    completion_tokens_details: { reasoning_tokens: recorded.output_tokens_details.reasoning_tokens },
  });
}

describe('recorded Responses traffic', () => {
  it('is read from a folder that either has cases or is absent', () => {
    expect(answers.length > 25).toBe(isPresent);
    expect(failures.map(titleOf).toSorted()).toEqual(isPresent ? Object.keys(CODES).toSorted() : []);
  });

  for (const meta of answers.filter(({ format }) => format === 'json')) {
    it(`gives the recorded answer of ${titleOf(meta)}, whole and as the end of a stream`, () => {
      const recorded = JSON.parse(bodyOf(meta).toString('utf8')) as Recorded;
      const whole = openaiResponses.decodeResponse(recorded, context);
      expectRecorded(whole, recorded);
      expect(foldStream([sse([{ type: 'response.completed', response: recorded }])])).toEqual(whole);
    });
  }

  for (const meta of streams) {
    const body = bodyOf(meta);

    it(`gives the recorded answer of ${titleOf(meta)}, also byte by byte`, () => {
      const chunks = readStream([body]);
      expect(readStream(byteByByte(body))).toEqual(chunks);
      const answer = foldStream([body]);
      expectRecorded(answer, lastResponse(body));
      const whole = openaiResponses.decodeResponse(lastResponse(body), context);
      // OpenAI encrypts the same state anew for each event that holds it.
      const details = answer.choices[0]!.message.reasoning_details?.map(({ data: _data, ...piece }) => piece);
      expect(whole.choices[0]!.message.reasoning_details?.map(({ data: _data, ...piece }) => piece)).toEqual(details);
    });

    it(`calls ${titleOf(meta)} incomplete when cut before its end`, () => {
      const events = new SseReader().push(body).filter(({ data }) => data !== '[DONE]');
      for (let length = 0; length < events.length - 1; length += 1) {
        const decoder = openaiResponses.openStreamDecoder(context);
        for (const event of events.slice(0, length)) decoder.push(event);
        expect(() => decoder.end()).toThrow('upstream_incomplete');
      }
    });
  }

  for (const meta of streams.filter((stream) => bodyOf(stream).length <= MAX_SPLIT_BYTES)) {
    it(`gives the same chunks for ${titleOf(meta)} however it is cut in two`, () => {
      const body = bodyOf(meta);
      const whole = JSON.stringify(readStream([body]));
      const different = [...body.keys()].filter(
        (at) => JSON.stringify(readStream([body.subarray(0, at), body.subarray(at)])) !== whole,
      );
      expect(different).toEqual([]);
    });
  }

  for (const meta of failures) {
    const [code, param] = CODES[titleOf(meta)] ?? [];
    it(`calls ${titleOf(meta)} ${code}`, () => {
      const failure = openaiResponses.decodeFailure(
        meta.status,
        meta.response_headers,
        JSON.parse(bodyOf(meta).toString()),
      );
      expect(failure).toMatchObject({ code, retryable: false, upstream: { status: meta.status } });
      expect(failure.param).toBe(param);
    });
  }
});
