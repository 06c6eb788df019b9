import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ChatCompletionChunk, ErrorCode } from '@parley/contracts';
import { fold } from '../anthropic-messages/fold.testing.ts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { openEventReader } from './event-reader.ts';
import { decodeFinish } from './finish.ts';
import { readStream } from './fold.testing.ts';
import { bedrockConverse } from './index.ts';
import { decodeUsage } from './usage.ts';

type Observed = {
  text: string;
  reasoning_chars: number;
  tool_calls: { id: string; name: string; arguments: unknown }[];
  finish_raw: string;
  usage_raw: Record<string, unknown> | null;
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
const directory = join(process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings'), 'bedrock');
const present = existsSync(directory);
if (!present) console.warn(`SKIPPED: no recordings at ${directory}; tests over recorded traffic do not run`);

const cases = (present ? readdirSync(directory) : [])
  .filter((name) => name.endsWith('.meta.json'))
  .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Meta)
  .filter(({ endpoint }) => endpoint === 'converse' || endpoint === 'converse-stream');

const ERROR_CODES: Record<string, ErrorCode> = {
  'converse-err400--us.amazon.nova-2-lite-v1-0': 'context_length_exceeded',
  'converse-err400--us.amazon.nova-2-lite-v1-3a0': 'provider_refused_request',
  'converse-err400--us.anthropic.claude-sonnet-4-5-202-2': 'provider_refused_request',
  'converse-err400--us.anthropic.claude-sonnet-4-5-202-3': 'provider_refused_request',
  'converse-err400--us.anthropic.claude-sonnet-4-5-202': 'provider_refused_request',
  'converse-err403--anthropic.claude-3-sonnet-20240229': 'provider_auth_failed',
  'converse-err403--us.amazon.nova-2-lite-v1-0': 'provider_auth_failed',
  'converse-stream-err400--does-not-exist': 'model_not_found',
};

/** The reading takes the calls of Bedrock's own tools for calls to the client. */
const SERVER_TOOLS = new Set(['nova_code_interpreter', 'nova_grounding']);

/** The reading leaves out the text that stands inside `citationsContent`. */
const CITED: Record<string, string> = {
  'converse-citations-pdf-in--us.anthropic.claude-haiku-4-5-2025':
    'The document is a simple PDF file, and it contains "Fun fun fun." The rest of the document consists of Lorem ' +
    'ipsum placeholder text, which is extended throughout the document with various Latin-derived filler sentences ' +
    'and paragraphs.',
};

const MAX_BYTES_TO_SPLIT = 16 * 1024;

const context: AnswerContext = {
  target: { provider: 'bedrock', upstreamModel: 'a.model', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};

function bodyOf(meta: Meta): Buffer {
  return readFileSync(join(directory, `${meta.case}.response.${meta.format}`));
}

function expectObserved(answer: ChatCompletion, meta: Meta): void {
  const observed = meta.observed;
  const choice = answer.choices[0];
  if (!observed || !choice) throw new Error(`${meta.case} lacks a reading or a choice`);
  const calls = (choice.message.tool_calls ?? []).map((call) => ({
    id: call.id,
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments) as unknown,
  }));
  expect(choice.message.content ?? '').toBe(CITED[meta.case] ?? observed.text);
  expect((choice.message.reasoning_content ?? '').length).toBe(observed.reasoning_chars);
  expect(calls).toEqual(observed.tool_calls.filter(({ name }) => !SERVER_TOOLS.has(name)));
  expect(choice['native_finish_reason']).toBe(observed.finish_raw);
  expect(choice.finish_reason).toBe(decodeFinish(observed.finish_raw, calls.length > 0).finish_reason);
  expect(answer.usage).toEqual(observed.usage_raw ? decodeUsage(observed.usage_raw) : undefined);
  // Bedrock's own total shows that input does not hold what was cached.
  if (observed.usage_raw) expect(answer.usage?.total_tokens).toBe(observed.usage_raw['totalTokens']);
}

/** The payloads of frames whose framing was not kept: one object per line, named by its only member. */
function readLines(body: Buffer): ChatCompletionChunk[] {
  const decoder = bedrockConverse.openStreamDecoder(context);
  const lines = body.toString('utf8').trim().split('\n');
  const chunks = lines.flatMap((line) => {
    const [[event, data] = ['', {}]] = Object.entries(JSON.parse(line) as Record<string, unknown>);
    return decoder.push({ event, data: JSON.stringify(data) });
  });
  return [...chunks, ...decoder.end()];
}

describe('the recordings', () => {
  it('are read by these tests where they are present', () => {
    expect(cases.length > 0).toBe(present);
    expect(cases.filter(({ status }) => status !== 200).map((meta) => meta.case)).toEqual(
      present ? Object.keys(ERROR_CODES) : [],
    );
  });
});

(present ? describe : describe.skip)('recorded streams', () => {
  for (const meta of cases.filter(({ format }) => format === 'bin')) {
    it(`${meta.case} reads as observed, whole, byte by byte and in any two pieces`, () => {
      const body = bodyOf(meta);
      const whole = readStream([body], context);
      const bytes = [...body].map((byte) => Buffer.from([byte]));
      expect(readStream(bytes, context)).toEqual(whole);
      const expected = JSON.stringify(whole);
      for (let split = 1; split < body.length && body.length <= MAX_BYTES_TO_SPLIT; split += 1) {
        const chunks = readStream([body.subarray(0, split), body.subarray(split)], context);
        if (JSON.stringify(chunks) !== expected) throw new Error(`split at ${split} reads otherwise`);
      }
      expectObserved(fold(whole), meta);
    });

    it(`${meta.case} cut before its end is incomplete`, () => {
      const events = openEventReader().push(bodyOf(meta));
      const stop = events.findIndex(({ event }) => event === 'messageStop');
      for (let length = 0; length <= stop; length += 1) {
        const decoder = bedrockConverse.openStreamDecoder(context);
        for (const event of events.slice(0, length)) decoder.push(event);
        expect(() => decoder.end()).toThrow(UpstreamFailureError);
      }
    });
  }

  for (const meta of cases.filter(({ format }) => format === 'ndjson')) {
    it(`${meta.case} reads as observed`, () => {
      expectObserved(fold(readLines(bodyOf(meta))), meta);
    });
  }
});

(present ? describe : describe.skip)('recorded answers', () => {
  for (const meta of cases.filter(({ format, status }) => format === 'json' && status === 200)) {
    it(`${meta.case} reads as observed`, () => {
      const body: unknown = JSON.parse(bodyOf(meta).toString('utf8'));
      expectObserved(bedrockConverse.decodeResponse(body, context), meta);
    });
  }
});

(present ? describe : describe.skip)('recorded errors', () => {
  for (const meta of cases.filter(({ status }) => status !== 200)) {
    it(`${meta.case} is ${ERROR_CODES[meta.case]}`, () => {
      const body: unknown = JSON.parse(bodyOf(meta).toString('utf8'));
      const failure = bedrockConverse.decodeFailure(meta.status, meta.response_headers, body);
      expect(failure).toMatchObject({ code: ERROR_CODES[meta.case], retryable: false });
      expect(failure.upstream.status).toBe(meta.status);
    });
  }
});
