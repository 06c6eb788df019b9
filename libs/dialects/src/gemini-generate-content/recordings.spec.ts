import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import { SseReader, type SseEvent } from '../sse.ts';
import { answerContext, foldChunks, type FoldedChoice } from './fold.testing.ts';
import { geminiGenerateContent } from './index.ts';
import { objectsIn, type JsonObject } from '../json-values.ts';

const root = process.env['PARLEY_RECORDINGS'] ?? join(import.meta.dirname, '../../../../../shared/recordings');
const isPresent = existsSync(join(root, 'cases.tsv'));
if (!isPresent) console.warn('SKIPPED: recordings not found; the Gemini dialect is not tested over recorded traffic');

type Meta = {
  provider: string;
  case: string;
  endpoint: string;
  status: number;
  format: string;
  response_headers: Record<string, string>;
  observed: Observed | null;
};
type Observed = {
  text: string;
  reasoning_chars: number;
  tool_calls: { id: string | null; name: string | null; arguments: unknown }[];
  finish_raw: string;
  usage_raw: JsonObject | null;
};

/** What the reader of the recordings, which knows no streamed arguments, could not tell. */
const CALLS_BY_CASE: Readonly<Record<string, Observed['tool_calls']>> = {
  'streamGenerateContent-paralleltools-reasoning--gemini-3-flash-preview': [
    { id: null, name: 'read_theme', arguments: {} },
    { id: null, name: 'read_screen', arguments: { id: 'A' } },
    { id: null, name: 'read_screen', arguments: { id: 'B' } },
    { id: null, name: 'read_screen', arguments: { id: 'C' } },
  ],
};

const CODES_BY_CASE: Readonly<Record<string, ErrorCode>> = {
  'gemini/generateContent-err400--gemini-2.5-flash': 'provider_auth_failed',
  'gemini/generateContent-err403--gemini-2.0-flash': 'provider_auth_failed',
  'gemini/generateContent-err403--nomodel': 'provider_auth_failed',
  'gemini/generateContent-err429--gemini-2.5-flash': 'provider_rate_limited',
  'gemini/streamGenerateContent-err400--nomodel': 'provider_refused_request',
  'vertex/generateContent-err400--gemini-2.5-flash': 'context_length_exceeded',
  'vertex/generateContent-err400--gemini-2.5-pro-2': 'provider_refused_request',
  'vertex/generateContent-err400--gemini-3-flash-preview': 'provider_refused_request',
  'vertex/generateContent-err400--nomodel-2': 'provider_refused_request',
  'vertex/generateContent-err400--nomodel-5': 'provider_refused_request',
  'vertex/generateContent-err403--nomodel': 'provider_auth_failed',
  'vertex/generateContent-err403--nomodel-2': 'provider_auth_failed',
  'vertex/generateContent-err403--nomodel-3': 'provider_auth_failed',
  'vertex/generateContent-err404--gemini-does-not-exist': 'model_not_found',
  // What is missing is a cache entry, not the model.
  'vertex/generateContent-err404--nomodel': 'provider_refused_request',
  'vertex/streamGenerateContent-err400--nomodel-2': 'provider_auth_failed',
  'vertex/streamGenerateContent-err404--nomodel': 'model_not_found',
  // The recorded status is that of the error after the stream's events; a live call would have answered 200.
  'vertex/streamGenerateContent-err499-promptblocked--nomodel': 'provider_unavailable',
};

const metas = isPresent ? ['gemini', 'vertex'].flatMap(readMetas) : [];
const answers = metas.filter(({ observed }) => observed !== null);
const failures = metas.filter(({ observed }) => observed === null);

function readMetas(provider: string): Meta[] {
  return readdirSync(join(root, provider))
    .filter((file) => /^(streamGenerateContent|generateContent)-.*\.meta\.json$/.test(file))
    .map((file) => JSON.parse(readFileSync(join(root, provider, file), 'utf8')) as Meta);
}

function readBody({ provider, case: name, format }: Meta): Buffer {
  return readFileSync(join(root, provider, `${name}.response.${format}`));
}

function replay(pieces: Iterable<Buffer>): ReturnType<typeof foldChunks> {
  const reader = new SseReader();
  const events: SseEvent[] = [];
  for (const piece of pieces) events.push(...reader.push(piece));
  return replayEvents([...events, ...reader.end()]);
}

function replayEvents(events: SseEvent[]): ReturnType<typeof foldChunks> {
  const decoder = geminiGenerateContent.openStreamDecoder(answerContext);
  return foldChunks([...events.flatMap((event) => decoder.push(event)), ...decoder.end()]);
}

function* singleBytes(body: Buffer): Generator<Buffer> {
  for (let position = 0; position < body.length; position += 1) yield body.subarray(position, position + 1);
}

function expectObserved(choice: FoldedChoice | undefined, observed: Observed, name: string): void {
  expect(choice?.content ?? '').toBe(observed.text);
  expect(choice?.reasoning.length).toBe(observed.reasoning_chars);
  const calls = choice?.toolCalls.map((call) => ({
    id: call.id.startsWith('call_gemini_') ? null : call.id,
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments) as unknown,
  }));
  const expected = CALLS_BY_CASE[name] ?? observed.tool_calls;
  expect(calls).toEqual(expected);
  expect(choice?.nativeFinish).toBe(String(observed.finish_raw).replace('blocked:', ''));
  expect(choice?.finishReason).toBe(expectedFinish(observed.finish_raw, expected.length > 0));
}

function expectedFinish(raw: string, hasCalls: boolean): string {
  if (raw === 'STOP') return hasCalls ? 'tool_calls' : 'stop';
  if (raw === 'MAX_TOKENS') return 'length';
  // Enumerations as numbers, which only a caller who asks for them gets.
  if (String(raw) === '1') return 'stop';
  return 'content_filter';
}

function expectUsage(usage: unknown, raw: JsonObject | null): void {
  if (raw?.['promptTokenCount'] === undefined) {
    expect(usage).toBeUndefined();
    return;
  }
  const count = (field: string) => Number(raw[field] ?? 0);
  expect(usage).toMatchObject({
    prompt_tokens: count('promptTokenCount') + count('toolUsePromptTokenCount'),
    completion_tokens: count('candidatesTokenCount') + count('thoughtsTokenCount'),
    total_tokens: count('totalTokenCount'),
    prompt_tokens_details: { cached_tokens: count('cachedContentTokenCount') },
    completion_tokens_details: { reasoning_tokens: count('thoughtsTokenCount') },
  });
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage as Record<string, number>;
  expect(prompt! + completion!).toBe(total);
}

describe('recorded Gemini traffic', () => {
  it('is read from a folder that either has cases or is absent', () => {
    expect(metas.length > 40).toBe(isPresent);
    const titles = failures.map(({ provider, case: name }) => `${provider}/${name}`);
    expect(titles.toSorted()).toEqual(isPresent ? Object.keys(CODES_BY_CASE).toSorted() : []);
  });

  for (const meta of answers) {
    const observed = meta.observed!;
    const body = readBody(meta);
    const title = `${meta.provider}/${meta.case}`;

    if (meta.format === 'sse') {
      it(`gives the observed answer of ${title}, also byte by byte`, () => {
        const whole = replay([body]);
        expectObserved(whole.choices[0], observed, meta.case);
        expectUsage(whole.usage, observed.usage_raw);
        expect(replay(singleBytes(body))).toEqual(whole);
      });

      it(`calls ${title} incomplete when cut before its end`, () => {
        const events = new SseReader().push(body);
        const end = events.findIndex(({ data }) => /"(finishReason|blockReason)"/.test(data));
        for (let length = 0; length <= end; length += 1) {
          expect(() => replayEvents(events.slice(0, length))).toThrow('upstream_incomplete');
        }
      });
    } else if (meta.endpoint === 'streamGenerateContent') {
      it(`gives the observed answer of ${title}, a stream as JSON array`, () => {
        const documents = objectsIn(JSON.parse(body.toString('utf8')));
        const folded = replayEvents(documents.map((document) => ({ data: JSON.stringify(document) })));
        expectObserved(folded.choices[0], observed, meta.case);
        expectUsage(folded.usage, observed.usage_raw);
      });
    } else {
      it(`gives the observed answer of ${title}, whole and as a stream of one event`, () => {
        const document: unknown = JSON.parse(body.toString('utf8'));
        const completion = geminiGenerateContent.decodeResponse(document, answerContext);
        const { message, finish_reason, native_finish_reason } = completion.choices[0]!;
        const choice: FoldedChoice = {
          content: message.content,
          reasoning: message.reasoning_content ?? '',
          reasoningDetails: message.reasoning_details ?? [],
          toolCalls: message.tool_calls ?? [],
          annotations: message.annotations ?? [],
          images: objectsIn(message['images']),
          finishReason: finish_reason,
          nativeFinish: native_finish_reason,
        };
        expectObserved(choice, observed, meta.case);
        expectUsage(completion.usage, observed.usage_raw);
        const streamed = replayEvents([{ data: JSON.stringify(document) }]);
        expect(streamed.choices[0]).toEqual({ ...choice, content: choice.content });
        expect(streamed.usage).toEqual(completion.usage);
      });
    }
  }

  for (const meta of failures) {
    const title = `${meta.provider}/${meta.case}`;
    it(`classifies ${title}`, () => {
      const text = readBody(meta).toString('utf8');
      const body: unknown = meta.format === 'json' ? JSON.parse(text) : text;
      const failure = geminiGenerateContent.decodeFailure(meta.status, meta.response_headers, body);
      expect(failure.code).toBe(CODES_BY_CASE[title]);
      expect(failure.upstream.status).toBe(meta.status);
      expect(failure.upstream.message?.length).toBeGreaterThan(0);
      if (meta.status === 429) expect(failure).toMatchObject({ retryable: true, retryAfterMs: 48_000 });
    });
  }
});
