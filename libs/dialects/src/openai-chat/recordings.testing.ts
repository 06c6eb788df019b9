import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { ChatCompletion } from '@parley/contracts';
import { readFinishReason } from './finish.ts';
import { byteByByte, decodeStream, fold, noEstimate, readChunks, relayStream } from './fold.testing.ts';
import { readUsage } from './usage.ts';

type Observed = {
  text: string;
  reasoning_chars: number;
  tool_calls: { id: string; name: string; arguments: unknown }[];
  finish_raw: string | null;
  usage_raw: Record<string, unknown> | null;
};

/** One recorded exchange, as the folder of recordings describes it. */
export type Recording = {
  directory: string;
  case: string;
  endpoint: string;
  format: string;
  status: number;
  response_headers: Record<string, string>;
  observed: Observed | null;
};

const repositoryRoot = join(import.meta.dirname, '../../../..');
const recordings = process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings');
/** Splitting at every position costs the square of the length. */
const MAX_SPLIT_BYTES = 16 * 1024;

/** The recorded chat completions of one provider; undefined where there are no recordings. */
export function listRecordings(provider: string): Recording[] | undefined {
  const directory = join(recordings, provider);
  if (!existsSync(directory)) return undefined;
  return readdirSync(directory)
    .filter((name) => name.endsWith('.meta.json'))
    .map((name) => ({ ...(JSON.parse(readFileSync(join(directory, name), 'utf8')) as Recording), directory }))
    .filter((recording) => recording.endpoint === 'chat.completions');
}

export const bodyOf = ({ directory, case: name, format }: Recording): Buffer =>
  readFileSync(join(directory, `${name}.response.${format}`));

/** Holds an answer against the independent reading of the recording. */
export function expectObserved(answer: ChatCompletion, { observed, case: name }: Recording): void {
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
  expect([...reasoning]).toHaveLength(observed.reasoning_chars);
  expect(calls).toEqual(observed.tool_calls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given })));
  expect(choice.finish_reason).toBe(readFinishReason(observed.finish_raw, calls.length > 0));
  expect(answer.usage ?? null).toEqual(readUsage(observed.usage_raw));
}

/** Decoded and relayed, in whatever pieces, a stream is the one answer that was observed. */
export function expectStreamObserved(recording: Recording): void {
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
