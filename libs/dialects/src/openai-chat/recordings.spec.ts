import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { decodeFailure } from './failure.ts';
import { readFinishReason } from './finish.ts';
import { byteByByte, context, decodeStream, fold, noEstimate, readChunks, relayStream, sse } from './fold.testing.ts';
import { readCompletion } from './response.ts';
import { readUsage } from './usage.ts';

type Observed = {
  text: string;
  reasoning_chars: number;
  tool_calls: { id: string; name: string; arguments: unknown }[];
  finish_raw: string | null;
  usage_raw: Record<string, unknown> | null;
};

/** One recorded exchange, as the folder of recordings describes it. */
type Recording = {
  directory: string;
  case: string;
  endpoint: string;
  format: string;
  status: number;
  response_headers: Record<string, string>;
  observed: Observed | null;
};

/** Splitting at every position costs the square of the length. */
const MAX_SPLIT_BYTES = 16 * 1024;

/** The recorded chat completions in the folder of one provider; undefined where there is no such folder. */
function listRecordings(directory: string): Recording[] | undefined {
  if (!existsSync(directory)) return undefined;
  return readdirSync(directory)
    .filter((name) => name.endsWith('.meta.json'))
    .map((name) => ({ ...(JSON.parse(readFileSync(join(directory, name), 'utf8')) as Recording), directory }))
    .filter((recording) => recording.endpoint === 'chat.completions');
}

const bodyOf = ({ directory, case: name, format }: Recording): Buffer =>
  readFileSync(join(directory, `${name}.response.${format}`));

/** Holds an answer against the independent reading of the recording. */
function expectObserved(answer: ChatCompletion, { observed, case: name }: Recording): void {
  const [choice] = answer.choices;
  if (!observed || !choice) throw new Error(`${name} lacks a reading or a choice`);
  const { message } = choice;
  const calls = (message.tool_calls ?? []).map((call) => ({
    id: call.id,
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments) as unknown,
  }));
  const reasoning = message.reasoning_content || ((message['reasoning'] as string | undefined) ?? '');
  expect(message.content ?? '').toBe(observed.text);
  // The reading counts whole characters, also outside the basic plane.
  expect(Array.from(reasoning)).toHaveLength(observed.reasoning_chars);
  expect(calls).toEqual(observed.tool_calls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given })));
  expect(choice.finish_reason).toBe(readFinishReason(observed.finish_raw, calls.length > 0));
  expect(answer.usage ?? null).toEqual(readUsage(observed.usage_raw));
}

/** Decoded and relayed, in whatever pieces, a stream is the one answer that was observed. */
function expectStreamObserved(recording: Recording): void {
  const body = bodyOf(recording);
  const hasUsage = readUsage(recording.observed?.usage_raw) !== null;
  const decoded = fold(decodeStream([body]));
  expectObserved(decoded, recording);
  expect(decodeStream(byteByByte(body))).toEqual(decodeStream([body]));
  const relayed = relayStream([body], hasUsage, noEstimate);
  expect(fold(readChunks(relayed))).toEqual(decoded);
  const splits = body.length <= MAX_SPLIT_BYTES ? body.length : 0;
  const differing = [...Array(splits).keys()].filter(
    (at) => !relayStream([body.subarray(0, at), body.subarray(at)], hasUsage).equals(relayed),
  );
  expect(differing).toEqual([]);
  expect(relayStream(byteByByte(body), hasUsage).equals(relayed)).toBe(true);
}

const repositoryRoot = join(import.meta.dirname, '../../../..');
const recordings = process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings');
const found = listRecordings(join(recordings, 'openai'));
const cases = found ?? [];
const skipped = '(SKIPPED: no recordings beside the repository)';
const describeRecorded = (name: string, body: () => void): void =>
  found ? describe(name, body) : describe.skip(`${name} ${skipped}`, body);

const ERROR_CODES: Record<string, ErrorCode> = {
  'chat.completions-err400--gpt-4o': 'provider_refused_request',
  'chat.completions-err400--gpt-4o-mini-2': 'provider_refused_request',
  'chat.completions-err400--gpt-5-mini': 'provider_refused_request',
  'chat.completions-err400--nomodel': 'provider_refused_request',
  'chat.completions-err400--o1-mini': 'provider_refused_request',
  'chat.completions-err401--gpt-4': 'provider_auth_failed',
  'chat.completions-err401--gpt-4o': 'provider_auth_failed',
  'chat.completions-err404--gpt-3.5-turbo-0613': 'model_not_found',
  'chat.completions-err404--gpt-3.5-turbo-instruct': 'model_not_found',
  'chat.completions-err404--gpt-4.1-nano-wrong': 'model_not_found',
  'chat.completions-err404--gpt-5.2-proo': 'model_not_found',
  'chat.completions-err404--not-found-test-chat-model': 'model_not_found',
};

describe('the recordings of OpenAI', () => {
  it('are all named here, the failed ones with what they mean', () => {
    const failed = cases.filter(({ status }) => status !== 200).map((recording) => recording.case);
    expect(failed.sort()).toEqual(found ? Object.keys(ERROR_CODES).sort() : []);
    expect(cases.filter(({ observed, status }) => status === 200 && !observed)).toEqual([]);
  });
});

describeRecorded('recorded streams', () => {
  for (const recording of cases.filter(({ format, status }) => format === 'sse' && status === 200)) {
    it(`${recording.case} reads as observed, decoded and relayed, in any pieces`, () => {
      expectStreamObserved(recording);
    });

    it(`${recording.case} cut before its finish is incomplete`, () => {
      const reader = new SseReader();
      const events = reader.push(bodyOf(recording)).map((event) => event.data);
      const finish = events.findLastIndex((data) => /"finish_reason": ?"/.test(data));
      for (const length of new Set([0, 1, finish >> 1, finish])) {
        const cut = Buffer.from(sse(...events.slice(0, length)));
        expect(() => decodeStream([cut])).toThrow(UpstreamFailureError);
        expect(() => relayStream([cut], false)).toThrow(UpstreamFailureError);
      }
    });
  }
});

describeRecorded('recorded answers', () => {
  for (const recording of cases.filter(({ format, status }) => format === 'json' && status === 200)) {
    it(`${recording.case} reads as observed and needs no mending`, () => {
      const { completion, faithful } = readCompletion(JSON.parse(bodyOf(recording).toString()), context);
      expectObserved(completion, recording);
      expect(faithful).toBe(true);
    });
  }
});

describeRecorded('recorded errors', () => {
  for (const recording of cases.filter(({ status }) => status !== 200)) {
    it(`${recording.case} is ${ERROR_CODES[recording.case]}`, () => {
      const body: unknown = JSON.parse(bodyOf(recording).toString());
      const failure = decodeFailure(recording.status, recording.response_headers, body);
      expect(failure).toMatchObject({ code: ERROR_CODES[recording.case], retryable: false });
      expect(failure.upstream.status).toBe(recording.status);
      expect(failure.upstream.message).not.toMatch(/sk-\w/);
    });
  }
});
