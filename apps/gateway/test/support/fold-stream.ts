import type { ChatCompletion, ChatUsage, ReasoningDetail } from '@parley/contracts';
import type { SeenStream } from './chat-client.ts';

export type SeenCall = { id: string; name: string; arguments: string };
export type SeenChoice = {
  text: string;
  reasoning: string;
  details: ReasoningDetail[];
  refusal: string;
  calls: SeenCall[];
  finish: string;
};
export type SeenAnswer = { id: string; choices: SeenChoice[]; usage: ChatUsage | null };

/** Joins a complete stream the way a client does; throws where a promise about streams is broken. */
export function foldStream({ chunks, done, error }: SeenStream): SeenAnswer {
  if (error || !done) throw new Error(`the stream is not complete: ${JSON.stringify(error)}`);
  const ids = new Set(chunks.map(({ id }) => id));
  if (ids.size !== 1 || ids.has('')) throw new Error(`not exactly one id: ${[...ids].join()}`);
  const choices: SeenChoice[] = [];
  for (const { index, delta, finish_reason: finish } of chunks.flatMap((chunk) => chunk.choices)) {
    // Some vendors repeat it, which is passed on as it is.
    if (!choices[index] && delta.role !== 'assistant') throw new Error('the role is not at the start');
    const choice = (choices[index] ??= emptyChoice());
    choice.text += delta.content ?? '';
    choice.reasoning += delta.reasoning_content ?? '';
    choice.details.push(...(delta.reasoning_details ?? []));
    choice.refusal += delta.refusal ?? '';
    for (const { index: at, id, function: called } of delta.tool_calls ?? []) {
      const call = choice.calls[at];
      if (call) call.arguments += called?.arguments ?? '';
      else choice.calls[at] = { id: id!, name: called!.name!, arguments: called!.arguments! };
    }
    if (finish !== null && choice.finish !== '') throw new Error('a choice finishes twice');
    choice.finish ||= finish ?? '';
  }
  if (choices.length === 0 || choices.some(({ finish }) => finish === '')) throw new Error('a choice never finishes');
  const withUsage = chunks.filter(({ usage }) => usage);
  const [last] = withUsage;
  if (last && (withUsage.length > 1 || last !== chunks.at(-1) || last.choices.length > 0)) {
    throw new Error('usage does not stand once, at the end, on a chunk of its own');
  }
  return { id: [...ids][0]!, choices, usage: last?.usage ?? null };
}

const emptyChoice = (): SeenChoice => ({ text: '', reasoning: '', details: [], refusal: '', calls: [], finish: '' });

/** The same view of a whole answer. */
export function answerOf({ id, choices, usage }: ChatCompletion): SeenAnswer {
  const seen = choices.map(({ message, finish_reason: finish }) => ({
    text: message.content ?? '',
    reasoning: message.reasoning_content ?? '',
    details: message.reasoning_details ?? [],
    refusal: message.refusal ?? '',
    calls: (message.tool_calls ?? []).map(({ id: callId, function: called }) => ({ id: callId, ...called })),
    finish,
  }));
  return { id, choices: seen, usage: usage ?? null };
}
