import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ErrorCode } from '@parley/contracts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { decodeFinish } from './finish.ts';
import { fold, readStream } from './fold.testing.ts';
import { anthropicMessages } from './index.ts';
import { decodeUsage } from './usage.ts';

type Observed = {
  text: string;
  reasoning_chars: number;
  tool_calls: { id: string; name: string; arguments: unknown }[];
  finish_raw: string;
  usage_raw: Record<string, unknown>;
};
type Meta = {
  case: string;
  endpoint: string;
  format: string;
  status: number;
  response_headers: Record<string, string>;
  observed: Observed | null;
};

const repositoryRoot = join(import.meta.dirname, '../../../..');
const directory = join(process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings'), 'anthropic');
const present = existsSync(directory);
if (!present) console.warn(`SKIPPED: no recordings at ${directory}; tests over recorded traffic do not run`);

const cases = (present ? readdirSync(directory) : [])
  .filter((name) => name.endsWith('.meta.json'))
  .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Meta)
  .filter((meta) => meta.endpoint === 'messages');

const ERROR_CODES: Record<string, ErrorCode> = {
  'messages-err400--claude-3-opus-20240229': 'provider_refused_request',
  'messages-err400--claude-haiku-4-5-20251001': 'context_length_exceeded',
  'messages-err400--claude-opus-4-6': 'provider_refused_request',
  'messages-err401--claude-3-opus-20240229': 'provider_auth_failed',
  'messages-err401--claude-haiku-4-5-20251001': 'provider_auth_failed',
  'messages-err404--claude-sonet-4-5': 'model_not_found',
};

/**
 * The source of this case kept three answers of one conversation in one body. A connection carries one answer and the
 * decoder stops after it, so that the three are read one by one.
 */
const SEVERAL_ANSWERS = 'messages-stream-paralleltools-servertool--claude-sonnet-4-5-20250929';

const context: AnswerContext = {
  target: { provider: 'anthropic', upstreamModel: 'claude', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};

function bodyOf(meta: Meta): Buffer {
  return readFileSync(join(directory, `${meta.case}.response.${meta.format}`));
}

/** One piece per answer: nearly always the whole body. */
function answersIn(body: Buffer): Buffer[] {
  const second = body.indexOf('event: message_start', 1);
  return second < 0 ? [body] : [body.subarray(0, second), ...answersIn(body.subarray(second))];
}

function parsedArguments(text: string, meta: Meta): unknown {
  // An answer cut at max_tokens may end inside its arguments.
  try {
    return JSON.parse(text);
  } catch {
    return meta.observed?.finish_raw === 'max_tokens' ? text : `no JSON: ${text}`;
  }
}

function expectObserved(answer: ChatCompletion, meta: Meta): void {
  const observed = meta.observed;
  const choice = answer.choices[0];
  if (!observed || !choice) throw new Error(`${meta.case} lacks a reading or a choice`);
  const calls = (choice.message.tool_calls ?? []).map((call) => ({
    id: call.id,
    name: call.function.name,
    arguments: parsedArguments(call.function.arguments, meta),
  }));
  expect(choice.message.content ?? '').toBe(observed.text);
  expect((choice.message.reasoning_content ?? '').length).toBe(observed.reasoning_chars);
  expect(calls).toEqual(
    observed.tool_calls.map((call) => ({
      id: call.id,
      name: call.name,
      arguments: typeof call.arguments === 'string' ? parsedArguments(call.arguments, meta) : call.arguments,
    })),
  );
  expect(choice['native_finish_reason']).toBe(observed.finish_raw);
  expect(choice.finish_reason).toBe(decodeFinish(observed.finish_raw, calls.length > 0).finish_reason);
  expect(answer.usage).toEqual(decodeUsage(observed.usage_raw));
}

/** The reading joins the texts of all answers, and keeps one call where several share a block index. */
function expectJoined(answers: ChatCompletion[], meta: Meta): void {
  const messages = answers.map((answer) => answer.choices[0]?.message);
  const calls = messages.flatMap((message) => message?.tool_calls ?? []);
  expect(messages.map((message) => message?.content ?? '').join('')).toBe(meta.observed?.text);
  expect(calls.map((call) => call.function.name)).toEqual(['readNoteTree', 'executeEditorOperation']);
  expect(answers.at(-1)?.choices[0]?.['native_finish_reason']).toBe(meta.observed?.finish_raw);
}

describe('the recordings', () => {
  it('are read by these tests where they are present', () => {
    expect(cases.length > 0).toBe(present);
    expect(cases.filter((meta) => meta.status !== 200).map((meta) => meta.case)).toEqual(
      present ? Object.keys(ERROR_CODES) : [],
    );
  });
});

(present ? describe : describe.skip)('recorded streams', () => {
  for (const meta of cases.filter(({ format, status }) => format === 'sse' && status === 200)) {
    it(`${meta.case} reads as observed, whole and byte by byte`, () => {
      const body = bodyOf(meta);
      const whole = readStream([body], context);
      expect(
        readStream(
          [...body].map((byte) => Buffer.from([byte])),
          context,
        ),
      ).toEqual(whole);
      if (meta.case !== SEVERAL_ANSWERS) return expectObserved(fold(whole), meta);
      const answers = answersIn(body).map((answer) => fold(readStream([answer], context)));
      expect(fold(whole)).toEqual(answers[0]);
      return expectJoined(answers, meta);
    });

    it(`${meta.case} cut at any event is incomplete`, () => {
      const reader = new SseReader();
      const events = [...reader.push(answersIn(bodyOf(meta))[0] ?? Buffer.alloc(0)), ...reader.end()];
      for (let length = 0; length < events.length; length += 1) {
        const decoder = anthropicMessages.openStreamDecoder(context);
        for (const event of events.slice(0, length)) decoder.push(event);
        expect(() => decoder.end()).toThrow(UpstreamFailureError);
      }
    });
  }
});

(present ? describe : describe.skip)('recorded answers', () => {
  for (const meta of cases.filter(({ format, status }) => format === 'json' && status === 200)) {
    it(`${meta.case} reads as observed`, () => {
      const body: unknown = JSON.parse(bodyOf(meta).toString('utf8'));
      expectObserved(anthropicMessages.decodeResponse(body, context), meta);
    });
  }
});

(present ? describe : describe.skip)('recorded errors', () => {
  for (const meta of cases.filter(({ status }) => status !== 200)) {
    it(`${meta.case} is ${ERROR_CODES[meta.case]}`, () => {
      const body: unknown = JSON.parse(bodyOf(meta).toString('utf8'));
      const failure = anthropicMessages.decodeFailure(meta.status, meta.response_headers, body);
      expect(failure).toMatchObject({ code: ERROR_CODES[meta.case], retryable: false });
      expect(failure.upstream.status).toBe(meta.status);
    });
  }
});
