import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ChatUsage, ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { chatDoor } from './door.ts';
import { decodeFailure } from './failure.ts';
import { readFinishReason } from './finish.ts';
import { byteByByte, context, decodeStream, fold, noEstimate, readChunks, relayStream, sse } from './fold.testing.ts';
import { readCompletion } from './response.ts';

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
  provider: string;
  case: string;
  endpoint: string;
  format: string;
  status: number;
  response_headers: Record<string, string>;
  observed: Observed | null;
};

/** How many places a stream is cut in two at, beside being cut into its bytes. */
const MOST_SPLITS = 400;

/** The recorded chat completions of every provider; undefined where there is no such folder. */
function listRecordings(root: string): Recording[] | undefined {
  if (!existsSync(root)) return undefined;
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => {
    const directory = join(root, name);
    return readdirSync(directory)
      .filter((file) => file.endsWith('.meta.json'))
      .map((file) => ({ ...(JSON.parse(readFileSync(join(directory, file), 'utf8')) as Recording), directory }))
      .filter((recording) => recording.endpoint === 'chat.completions');
  });
}

const nameOf = ({ provider, case: name }: Recording): string => `${provider}/${name.replace('chat.completions-', '')}`;

const bodyOf = ({ directory, case: name, format }: Recording): Buffer =>
  readFileSync(join(directory, `${name}.response.${format}`));

/** Holds an answer against the independent reading of the recording. */
function expectObserved(answer: ChatCompletion, recording: Recording): void {
  const [choice] = answer.choices;
  const { observed } = recording;
  if (!observed || !choice) throw new Error(`${nameOf(recording)} lacks a reading or a choice`);
  const { message } = choice;
  const calls = (message.tool_calls ?? []).map((call) => ({
    id: call.id,
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments) as unknown,
  }));
  expect(message.content ?? '').toBe(observed.text);
  // The reading counts whole characters, also outside the basic plane.
  expect(Array.from(message.reasoning_content ?? '')).toHaveLength(observed.reasoning_chars);
  expect(calls).toEqual(
    observed.tool_calls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given === '' ? {} : given })),
  );
  expect(choice.finish_reason).toBe(readFinishReason(observed.finish_raw, calls.length > 0) ?? 'stop');
  expectCounted(answer.usage, observed.usage_raw);
}

/** Every count is the provider's own: nothing is summed over a stream, nothing is lost. */
function expectCounted(usage: ChatUsage | null | undefined, raw: Observed['usage_raw']): void {
  if (!raw) {
    expect(usage ?? null).toBeNull();
    return;
  }
  const within = (details: string, field: string): unknown =>
    (raw[details] as Record<string, unknown> | null | undefined)?.[field];
  const cached = [
    within('prompt_tokens_details', 'cached_tokens'),
    ...['cached_tokens', 'num_cached_tokens', 'prompt_cache_hit_tokens', 'cache_read_input_tokens'].map(
      (field) => raw[field],
    ),
  ].find((tokens) => tokens != null);
  const reasoning = within('completion_tokens_details', 'reasoning_tokens');
  expect(usage?.prompt_tokens).toBe(raw['prompt_tokens']);
  expect(usage?.total_tokens).toBe(raw['total_tokens']);
  // Also where the provider counts reasoning beside the completion: the total is what both come to.
  expect(usage!.prompt_tokens + usage!.completion_tokens).toBe(raw['total_tokens']);
  expect(usage?.prompt_tokens_details?.cached_tokens ?? 0).toBe(cached ?? 0);
  expect(usage?.completion_tokens_details?.reasoning_tokens ?? 0).toBe(reasoning ?? 0);
}

/** Decoded and relayed, in whatever pieces, a stream is the one answer that was observed. */
function expectStreamObserved(recording: Recording): void {
  const body = bodyOf(recording);
  const hasUsage = recording.observed?.usage_raw != null;
  const decoded = fold(decodeStream([body]));
  expectObserved(decoded, recording);
  expect(decodeStream(byteByByte(body))).toEqual(decodeStream([body]));
  const relayed = relayStream([body], hasUsage, noEstimate);
  // The cost that a provider names is for the books alone.
  expect(fold(readChunks(relayed))).toEqual(JSON.parse(JSON.stringify(decoded)));
  const step = Math.max(1, Math.ceil(body.length / MOST_SPLITS));
  const places = [...Array(Math.floor(body.length / step)).keys()].map((place) => place * step);
  const differing = places.filter(
    (at) => !relayStream([body.subarray(0, at), body.subarray(at)], hasUsage).equals(relayed),
  );
  expect(differing).toEqual([]);
  expect(relayStream(byteByByte(body), hasUsage).equals(relayed)).toBe(true);
}

const repositoryRoot = join(import.meta.dirname, '../../../..');
const recordings = process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings');
const found = listRecordings(recordings);
const cases = found ?? [];
const skipped = '(SKIPPED: no recordings beside the repository)';
const describeRecorded = (name: string, body: () => void): void =>
  found ? describe(name, body) : describe.skip(`${name} ${skipped}`, body);

const ERROR_CODES: Record<string, ErrorCode> = {
  'azure/err404--gpt-4.1': 'model_not_found',
  'deepseek/err400--deepseek-chat': 'context_length_exceeded',
  'deepseek/err401--deepseek-chat': 'provider_auth_failed',
  'groq/err400--gpt-oss-120b': 'provider_refused_request',
  'groq/err404--llama-3.3-70b-versatlie': 'model_not_found',
  'groq/err404--non-existent': 'model_not_found',
  'mistral/err401--mistral-small-latest': 'provider_auth_failed',
  'ollama/err400--gpt-oss-120b': 'context_length_exceeded',
  'ollama/err401--gpt-oss-120b': 'provider_auth_failed',
  'openai/err400--gpt-4o': 'provider_refused_request',
  'openai/err400--gpt-4o-mini-2': 'provider_refused_request',
  'openai/err400--gpt-5-mini': 'provider_refused_request',
  'openai/err400--nomodel': 'provider_refused_request',
  'openai/err400--o1-mini': 'provider_refused_request',
  'openai/err401--gpt-4': 'provider_auth_failed',
  'openai/err401--gpt-4o': 'provider_auth_failed',
  'openai/err404--gpt-3.5-turbo-0613': 'model_not_found',
  'openai/err404--gpt-3.5-turbo-instruct': 'model_not_found',
  'openai/err404--gpt-4.1-nano-wrong': 'model_not_found',
  'openai/err404--gpt-5.2-proo': 'model_not_found',
  'openai/err404--not-found-test-chat-model': 'model_not_found',
  'openrouter/err401--claude-haiku-4.5': 'provider_auth_failed',
  'openrouter/err429--gemini-2.0-flash-exp-free': 'provider_rate_limited',
  'openrouter/err429--llama-3.2-3b-instruct-free': 'provider_rate_limited',
  'perplexity/err400--sonar': 'context_length_exceeded',
};

/** Errors under status 200, whole or inside a stream. */
const EMBEDDED_CODES: Record<string, ErrorCode> = {
  'azure/err200--openllmetry-testing': 'content_filtered',
  'groq/stream-errinstream-long-reasoning-toolchoice--gpt-oss-120b': 'provider_refused_request',
  'openrouter/stream-errinstream-maxtokens-reasoning--minimax-m2-free': 'provider_refused_request',
};

const failed = cases.filter(({ status }) => status !== 200);
const good = cases.filter((recording) => recording.status === 200 && !(nameOf(recording) in EMBEDDED_CODES));
const embedded = cases.filter((recording) => nameOf(recording) in EMBEDDED_CODES);

/** Vendors whose whole answers need no mending, so that their bytes go on as they are. */
const FAITHFUL: ReadonlySet<string> = new Set([
  'alibaba',
  'deepseek',
  'huggingface',
  'llamacpp-or-other',
  'openai',
  'together',
  'vercel-gateway',
  'vllm',
]);

describe('the recordings', () => {
  it('of failures are all named here, with what they mean', () => {
    expect(failed.map(nameOf).sort()).toEqual(found ? Object.keys(ERROR_CODES).sort() : []);
    expect(embedded.map(nameOf).sort()).toEqual(found ? Object.keys(EMBEDDED_CODES).sort() : []);
  });

  it('of good answers can all be held against an independent reading', () => {
    expect(good.filter(({ observed }) => !observed).map(nameOf)).toEqual([]);
  });
});

describeRecorded('recorded streams', () => {
  for (const recording of good.filter(({ format }) => format === 'sse')) {
    it(`${nameOf(recording)} reads as observed, decoded and relayed, in any pieces`, () => {
      expectStreamObserved(recording);
    });

    it(`${nameOf(recording)} cut before its finish is incomplete`, () => {
      const events = new SseReader().push(bodyOf(recording)).map((event) => event.data);
      const finish = events.findIndex((data) => /"finish_reason": ?"[a-z]/.test(data) || data === '[DONE]');
      for (const length of new Set([0, 1, finish >> 1, finish])) {
        if (length > finish) continue;
        const cut = Buffer.from(sse(...events.slice(0, length)));
        expect(() => decodeStream([cut])).toThrow(UpstreamFailureError);
        expect(() => relayStream([cut], false)).toThrow(UpstreamFailureError);
      }
    });
  }
});

describeRecorded('recorded answers', () => {
  for (const recording of good.filter(({ format }) => format === 'json')) {
    it(`${nameOf(recording)} reads as observed, and so does what the client gets`, () => {
      const body: unknown = JSON.parse(bodyOf(recording).toString());
      const { completion, faithful } = readCompletion(body, context);
      expectObserved(completion, recording);
      if (FAITHFUL.has(recording.provider)) expect(faithful).toBe(true);
      const written = faithful
        ? body
        : JSON.parse(JSON.stringify(chatDoor.encodeResponse(completion, { body: {}, answerId: 'a', created: 1 })));
      expectObserved(written as ChatCompletion, recording);
    });
  }
});

describeRecorded('recorded errors', () => {
  for (const recording of failed) {
    it(`${nameOf(recording)} is ${ERROR_CODES[nameOf(recording)]}`, () => {
      const body: unknown = JSON.parse(bodyOf(recording).toString());
      const failure = decodeFailure(recording.status, recording.response_headers, body);
      const code = ERROR_CODES[nameOf(recording)];
      expect(failure).toMatchObject({ code, retryable: code === 'provider_rate_limited' });
      expect(failure.upstream.status).toBe(recording.status);
      expect(failure.upstream.message).toMatch(/\w{3}/);
      expect(failure.upstream.message).not.toMatch(/sk-\w/);
    });
  }

  for (const recording of embedded) {
    const code = EMBEDDED_CODES[nameOf(recording)];
    it(`${nameOf(recording)} is ${code}, although its status is 200`, () => {
      const body = bodyOf(recording);
      const failures = [
        () => readCompletion(JSON.parse(body.toString()), context),
        () => decodeStream([body]),
        () => relayStream([body], true),
        () => relayStream(byteByByte(body), true),
      ].slice(...(recording.format === 'json' ? [0, 1] : [1]));
      for (const read of failures) expect(codeThrownBy(read)).toBe(code);
    });
  }
});

/** Shapes that vendors document and nobody recorded; those of other dialects are theirs. */
const DOCUMENTED_CODES: Record<string, ErrorCode> = {
  'azure-400': 'content_filtered',
  'openai-429': 'provider_credits_exhausted',
  'openai-500': 'provider_unavailable',
  'openrouter-402': 'provider_credits_exhausted',
  // What compatible endpoints of these vendors would say in the same words.
  'anthropic-529': 'provider_unavailable',
  'bedrock-429': 'provider_rate_limited',
  'gemini-503': 'provider_unavailable',
};

describeRecorded('documented errors', () => {
  for (const [name, code] of Object.entries(DOCUMENTED_CODES)) {
    it(`${name} is ${code}`, () => {
      type Documented = { status: number; headers: Record<string, string>; body: unknown };
      const text = readFileSync(join(recordings, '_documented', `${name}.json`), 'utf8');
      const { status, headers, body } = JSON.parse(text) as Documented;
      const failure = decodeFailure(status, headers, body);
      expect(failure).toMatchObject({ code, upstream: { status } });
      expect(failure.upstream.message).toMatch(/\w{3}/);
    });
  }

  it('anthropic-200-midstream ends a stream', () => {
    const text = readFileSync(join(recordings, '_documented', 'anthropic-200-midstream.json'), 'utf8');
    const { body } = JSON.parse(text) as { body: string };
    expect(codeThrownBy(() => relayStream([Buffer.from(body)], true))).toBe('provider_unavailable');
  });
});

function codeThrownBy(read: () => unknown): ErrorCode | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof UpstreamFailureError) return error.failure.code;
    throw error;
  }
  return undefined;
}
