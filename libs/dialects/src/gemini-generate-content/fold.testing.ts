import type {
  ChatChunkChoice,
  ChatCompletionChunk,
  ChatToolCall,
  ChatUsage,
  FinishReason,
  ReasoningDetail,
} from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { objectsIn, type JsonObject } from '../json-values.ts';

/** For specs: what a caller has after reading a whole stream, and a check of what every decoder promises. */
export type FoldedChoice = {
  content: string | null;
  reasoning: string;
  reasoningDetails: ReasoningDetail[];
  toolCalls: ChatToolCall[];
  annotations: unknown[];
  images: JsonObject[];
  finishReason: FinishReason | null;
  nativeFinish: unknown;
};

export const answerContext: AnswerContext = {
  target: { provider: 'google', upstreamModel: 'gemini-under-test', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback-id',
  created: 1_700_000_000,
};

/** Throws where the chunks break a promise of `StreamDecoder`. */
export function foldChunks(chunks: ChatCompletionChunk[]): {
  id: string;
  choices: FoldedChoice[];
  usage: ChatUsage | undefined;
} {
  const choices: FoldedChoice[] = [];
  for (const chunk of chunks) {
    demand(chunk.id === chunks[0]!.id && chunk.model === chunks[0]!.model, 'one id and one model');
    for (const choice of chunk.choices) foldChoice(choices, choice);
  }
  const withUsage = chunks.filter(({ usage }) => usage);
  demand(withUsage.length <= 1 && withUsage.every((chunk) => chunk === chunks.at(-1)), 'usage once and last');
  demand(
    withUsage.every((chunk) => chunk.choices.length === 0),
    'usage on a chunk of its own',
  );
  for (const choice of choices) demand(choice.finishReason !== null, 'a finish for every choice');
  return {
    id: chunks[0]!.id,
    choices: choices.map((choice) => ({
      ...choice,
      content: choice.content === '' && choice.toolCalls.length > 0 ? null : choice.content,
    })),
    usage: withUsage[0]?.usage ?? undefined,
  };
}

function foldChoice(
  choices: FoldedChoice[],
  { index, delta, finish_reason, native_finish_reason }: ChatChunkChoice,
): void {
  demand((choices[index] === undefined) === (delta.role === 'assistant'), 'the role on the first delta only');
  const folded = (choices[index] ??= emptyChoice());
  demand(folded.finishReason === null, 'nothing after the finish');
  folded.content += delta.content ?? '';
  folded.reasoning += delta.reasoning_content ?? '';
  folded.reasoningDetails.push(...(delta.reasoning_details ?? []));
  folded.annotations.push(...(delta.annotations ?? []));
  folded.images.push(...objectsIn(delta['images']));
  for (const { index: position, id, type, function: called } of delta.tool_calls ?? []) {
    demand(position === folded.toolCalls.length && type === 'function', 'calls whole and in order');
    folded.toolCalls.push({
      id: id!,
      type: 'function',
      function: { name: called!.name!, arguments: called!.arguments! },
    });
  }
  folded.finishReason = finish_reason;
  folded.nativeFinish = native_finish_reason;
}

function emptyChoice(): FoldedChoice {
  return {
    content: '',
    reasoning: '',
    reasoningDetails: [],
    toolCalls: [],
    annotations: [],
    images: [],
    finishReason: null,
    nativeFinish: undefined,
  };
}

function demand(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`the stream breaks its promise: ${promise}`);
}
