import { type Answer, type Identity, signReasoning, splitWords, type Usage } from '../answer.ts';
import type { Ask } from '../ask.ts';
import { isObject, type JsonObject } from '../json.ts';

/** An output item, and the text of its one part; a call's are its arguments. */
export type OutputItem = { item: JsonObject & { type: string; id: string }; words: string };

export function writeWhole(ask: Ask, answer: Answer, identity: Identity): string {
  const output = writeOutput(ask, answer, identity).map(({ item }) => item);
  return JSON.stringify(finishResponse(ask, answer, identity, output));
}

/** The response while it is being made, as `response.created` shows it. */
export function startResponse(ask: Ask, identity: Identity): JsonObject {
  const { params } = ask;
  return {
    id: `resp_sim${identity.serial}`,
    object: 'response',
    created_at: identity.createdSeconds,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: ask.system === '' ? null : ask.system,
    max_output_tokens: params.max_output_tokens ?? null,
    model: ask.model,
    output: [],
    parallel_tool_calls: params.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null, ...(isObject(params.reasoning) && params.reasoning) },
    service_tier: 'default',
    store: params.store ?? true,
    temperature: params.temperature ?? 1,
    text: { format: { type: 'text' }, ...(isObject(params.text) && params.text) },
    tool_choice: params.tool_choice ?? 'auto',
    top_p: params.top_p ?? 1,
    truncation: 'disabled',
    usage: null,
    user: params.user ?? null,
    metadata: params.metadata ?? {},
  };
}

export function finishResponse(ask: Ask, answer: Answer, identity: Identity, output: JsonObject[]): JsonObject {
  const reason = { length: 'max_output_tokens', content_filter: 'content_filter', stop: null, tool_calls: null }[
    answer.finish
  ];
  return {
    ...startResponse(ask, identity),
    status: reason === null ? 'completed' : 'incomplete',
    completed_at: reason === null ? identity.createdSeconds : null,
    incomplete_details: reason === null ? null : { reason },
    output,
    usage: answer.usage && writeUsage(answer.usage),
  };
}

/** Reasoning first, then the message, then the calls. */
export function writeOutput(ask: Ask, answer: Answer, { serial }: Identity): OutputItem[] {
  const { reasoning, toolCalls } = answer;
  return [
    ...(reasoning === '' ? [] : [writeReasoning(ask, reasoning, `rs_sim${serial}`)]),
    ...writeMessages(ask, answer, `msg_sim${serial}`),
    ...toolCalls.map(({ id, name, arguments: args }): OutputItem => {
      const words = JSON.stringify(args);
      const call = { call_id: `call_${id}`, name, arguments: words, status: 'completed' };
      return { item: { id: `fc_${id}`, type: 'function_call', ...call }, words };
    }),
  ];
}

/** A summary comes only where it is asked for, and so does the state that a caller can bring back. */
function writeReasoning(ask: Ask, reasoning: string, id: string): OutputItem {
  const { reasoning: wanted, include } = ask.params;
  const words = isObject(wanted) && (wanted.summary ?? wanted.generate_summary) ? reasoning : '';
  const isIncluded = Array.isArray(include) && include.includes('reasoning.encrypted_content');
  const summary = words === '' ? [] : [{ type: 'summary_text', text: words }];
  return {
    item: { id, type: 'reasoning', summary, ...(isIncluded && { encrypted_content: signReasoning(id) }) },
    words,
  };
}

function writeMessages(ask: Ask, answer: Answer, id: string): OutputItem[] {
  const { text, refusal, toolCalls } = answer;
  const item = { id, type: 'message', role: 'assistant', status: 'completed' };
  if (refusal !== null) return [{ item: { ...item, content: [{ type: 'refusal', refusal }] }, words: refusal }];
  if (text === '' && toolCalls.length > 0) return [];
  const part = { type: 'output_text', text, annotations: [], logprobs: writeLogprobs(ask, splitWords(text)) };
  return [{ item: { ...item, content: [part] }, words: text }];
}

/** One token per word; the first alternative is the token itself. */
export function writeLogprobs(ask: Ask, words: string[]): JsonObject[] {
  const { logprobs: alternatives } = ask;
  if (alternatives === null) return [];
  const entry = (token: string, logprob: number): JsonObject => ({ token, logprob, bytes: [...Buffer.from(token)] });
  return words.map((word) => ({
    ...entry(word, -0.25),
    top_logprobs: Array.from({ length: alternatives }, (_, rank) =>
      entry(rank === 0 ? word : `${word}~${rank}`, -0.25 - rank),
    ),
  }));
}

/** `input_tokens` includes what was cached and `output_tokens` includes what was reasoned. */
function writeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}
