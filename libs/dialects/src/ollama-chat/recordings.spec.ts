import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ErrorCode } from '@parley/contracts';
import { answerContext, foldChunks, readStream, singleBytes } from '../fold.testing.ts';
import { ollamaChat } from './index.ts';

type Observed = {
  text: string;
  reasoning_chars: number;
  tool_calls: { id: string; name: string; arguments: unknown }[];
  finish_raw: string;
  usage_raw: { prompt_eval_count: number; eval_count: number };
};
type Meta = { case: string; endpoint: string; format: string; status: number; observed: Observed | null };

const repositoryRoot = join(import.meta.dirname, '../../../..');
const directory = join(process.env['PARLEY_RECORDINGS'] ?? join(repositoryRoot, '../shared/recordings'), 'ollama');
const present = existsSync(directory);
if (!present) console.warn(`SKIPPED: no recordings at ${directory}; the Ollama dialect is not tested over them`);

const cases = (present ? readdirSync(directory) : [])
  .filter((name) => /^ollama\.chat-.*\.meta\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Meta);

const ERROR_CODES: Record<string, ErrorCode> = { 'ollama.chat-err404--nonexistent-model-latest': 'model_not_found' };

const bodyOf = (meta: Meta): Buffer => readFileSync(join(directory, `${meta.case}.response.${meta.format}`));

function expectObserved({ choices, usage }: ChatCompletion, { observed, case: name }: Meta): void {
  const [choice] = choices;
  if (!observed || !choice) throw new Error(`${name} lacks a reading or a choice`);
  const calls = (choice.message.tool_calls ?? []).map(({ id, function: called }) => ({
    id,
    name: called.name,
    arguments: JSON.parse(called.arguments) as unknown,
  }));
  expect(choice.message.content ?? '').toBe(observed.text);
  expect(Array.from(choice.message.reasoning_content ?? '')).toHaveLength(observed.reasoning_chars);
  expect(calls).toEqual(observed.tool_calls);
  expect(choice['native_finish_reason']).toBe(observed.finish_raw);
  expect(choice.finish_reason).toBe(calls.length > 0 ? 'tool_calls' : 'stop');
  const { prompt_eval_count: prompt, eval_count: completion } = observed.usage_raw;
  expect(usage).toMatchObject({ prompt_tokens: prompt, completion_tokens: completion });
}

describe('recorded traffic of Ollama', () => {
  it('is all read here where it is present', () => {
    expect(cases.filter(({ status }) => status === 200)).toHaveLength(present ? 2 : 0);
    expect(cases.filter(({ status }) => status !== 200).map((meta) => meta.case)).toEqual(
      present ? Object.keys(ERROR_CODES) : [],
    );
  });

  for (const meta of cases.filter(({ status, format }) => status === 200 && format === 'json')) {
    it(`${meta.case} reads as observed, and the same as a stream of one document`, () => {
      const body = bodyOf(meta);
      const whole = ollamaChat.decodeResponse(JSON.parse(body.toString()), answerContext);
      expectObserved(whole, meta);
      expect(foldChunks(readStream(ollamaChat, [body]))).toEqual(whole);
    });
  }

  for (const meta of cases.filter(({ format }) => format === 'ndjson')) {
    it(`${meta.case} reads as observed, whole, byte by byte and in any two pieces`, () => {
      const body = bodyOf(meta);
      const chunks = readStream(ollamaChat, [body]);
      expectObserved(foldChunks(chunks), meta);
      expect(readStream(ollamaChat, singleBytes(body))).toEqual(chunks);
      const expected = JSON.stringify(chunks);
      const differing = [...body.keys()].filter(
        (at) => JSON.stringify(readStream(ollamaChat, [body.subarray(0, at), body.subarray(at)])) !== expected,
      );
      expect(differing).toEqual([]);
    });

    it(`${meta.case} cut at any line is incomplete`, () => {
      const lines = bodyOf(meta).toString().trim().split('\n');
      for (let length = 0; length < lines.length; length += 1) {
        const cut = Buffer.from(lines.slice(0, length).join('\n'));
        expect(() => readStream(ollamaChat, [cut])).toThrow('upstream_incomplete');
      }
    });
  }

  for (const meta of cases.filter(({ status }) => status !== 200)) {
    it(`${meta.case} is ${ERROR_CODES[meta.case]}`, () => {
      const failure = ollamaChat.decodeFailure(meta.status, {}, JSON.parse(bodyOf(meta).toString()));
      expect(failure).toMatchObject({ code: ERROR_CODES[meta.case], retryable: false });
    });
  }
});
