import { expect } from '@jest/globals';
import type { SeenAnswer, SeenCall } from './fold-stream.ts';
import { CITED_TEXTS, SERVER_TOOLS, STREAMED_CALLS } from './recorded-oddities.ts';
import type { Observed, Recording } from './recordings.ts';

type Counts = Record<string, unknown>;

const FINISHES: Readonly<Record<string, string>> = {
  // OpenAI
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  // Anthropic
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  // Gemini; 1 is STOP for callers who ask for numbers.
  STOP: 'stop',
  '1': 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  'blocked:SAFETY': 'content_filter',
  'blocked:MODEL_ARMOR': 'content_filter',
  // Bedrock, beside Anthropic's words
  guardrail_intervened: 'content_filter',
  // Together
  eos: 'stop',
  content_filter: 'content_filter',
  // Ends without a reason: what was said is whole.
  null: 'stop',
};

/** Compares what a client got with the independent reading of the recorded bytes. */
export function expectAnswer(
  { choices: [choice], usage }: SeenAnswer,
  { observed, case: name, endpoint }: Recording,
): void {
  if (!observed || !choice) throw new Error(`${name} lacks a reading or a choice`);
  const calls = STREAMED_CALLS[name] ?? observed.tool_calls.filter((call) => !SERVER_TOOLS.has(call.name ?? ''));
  const cited = CITED_TEXTS[name];
  if (cited === undefined) expect(choice.text).toBe(observed.text);
  else expect(choice.text).toContain(cited);
  expect(Array.from(choice.reasoning)).toHaveLength(observed.reasoning_chars);
  expect(choice.calls.map((call, index) => seenCall(call, calls[index]))).toEqual(calls.map(observedCall));
  const finish = FINISHES[String(observed.finish_raw)];
  // Gemini says STOP also when it calls tools.
  expect(choice.finish).toBe(finish === 'stop' && calls.length > 0 ? 'tool_calls' : finish);
  const counts = countsOf(endpoint, observed.usage_raw);
  if (counts) expect(usage).toMatchObject(counts);
  // Asked for and not given: counted here.
  else expect(usage).toMatchObject({ prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) });
  expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
}

/** For a body that holds more answers than a connection carries. */
export function expectBeginning({ choices: [choice] }: SeenAnswer, { observed }: Recording): void {
  expect(choice?.text).not.toBe('');
  expect(observed?.text.startsWith(choice!.text)).toBe(true);
}

const parsed = (text: string): unknown => {
  // An answer cut at its limit may end inside of its arguments.
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const observedCall = ({ id, name, arguments: given }: Observed['tool_calls'][number]): unknown => ({
  id,
  name,
  arguments: typeof given === 'string' ? parsed(given) : given,
});

const seenCall = (call: SeenCall, observed: Observed['tool_calls'][number] | undefined): unknown => ({
  // Gemini gives most calls no id; clients need one all the same.
  id: observed?.id === null && call.id !== '' ? null : call.id,
  name: call.name,
  arguments: parsed(call.arguments),
});

/** For endpoints that nobody else has read: something was said, and its tokens are told. */
export function expectSomething({ choices: [choice], usage }: SeenAnswer): void {
  expect(`${choice?.text}${choice?.reasoning}${choice?.refusal}${choice?.calls.length || ''}`).not.toBe('');
  expect(['stop', 'length', 'tool_calls', 'content_filter']).toContain(choice?.finish);
  for (const { name, arguments: given } of choice?.calls ?? []) expect([name, parsed(given)]).not.toContain('');
  expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
}

/** The figures in OpenAI's terms; null where the provider gave none. */
function countsOf(endpoint: string, raw: Counts | null): Counts | null {
  if (!raw) return null;
  switch (endpoint) {
    case 'messages':
      return anthropicCounts(raw);
    case 'generateContent':
    case 'streamGenerateContent':
      return 'promptTokenCount' in raw ? geminiCounts(raw) : null;
    case 'converse':
    case 'converse-stream':
      return bedrockCounts(raw);
    case 'ollama.chat':
      return { prompt_tokens: count(raw, 'prompt_eval_count'), completion_tokens: count(raw, 'eval_count') };
    default:
      return chatCounts(raw);
  }
}

const count = (raw: Counts, field: string): number => Number(raw[field] ?? 0);

function anthropicCounts(raw: Counts): Counts {
  const read = count(raw, 'cache_read_input_tokens');
  const written = count(raw, 'cache_creation_input_tokens');
  return {
    prompt_tokens: count(raw, 'input_tokens') + read + written,
    completion_tokens: count(raw, 'output_tokens'),
    prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written },
  };
}

function geminiCounts(raw: Counts): Counts {
  const thoughts = count(raw, 'thoughtsTokenCount');
  return {
    prompt_tokens: count(raw, 'promptTokenCount') + count(raw, 'toolUsePromptTokenCount'),
    completion_tokens: count(raw, 'candidatesTokenCount') + thoughts,
    prompt_tokens_details: { cached_tokens: count(raw, 'cachedContentTokenCount') },
    completion_tokens_details: { reasoning_tokens: thoughts },
  };
}

function bedrockCounts(raw: Counts): Counts {
  const read = count(raw, 'cacheReadInputTokens');
  const written = count(raw, 'cacheWriteInputTokens');
  return {
    prompt_tokens: count(raw, 'inputTokens') + read + written,
    completion_tokens: count(raw, 'outputTokens'),
  };
}

/** OpenAI's own words, and where compatible vendors put the same figures. */
function chatCounts(raw: Counts): Counts {
  const details = (raw.prompt_tokens_details ?? {}) as Counts;
  const cached = details.cached_tokens ?? raw.cached_tokens ?? raw.cache_read_input_tokens;
  const reasoning = count((raw.completion_tokens_details ?? {}) as Counts, 'reasoning_tokens');
  const said = count(raw, 'completion_tokens');
  // xAI counts reasoning beside the answer's tokens.
  const isBeside = reasoning > 0 && count(raw, 'total_tokens') === count(raw, 'prompt_tokens') + said + reasoning;
  return {
    prompt_tokens: count(raw, 'prompt_tokens'),
    completion_tokens: isBeside ? said + reasoning : said,
    ...(Number(cached ?? 0) > 0 && { prompt_tokens_details: { cached_tokens: Number(cached) } }),
    ...(reasoning > 0 && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}
