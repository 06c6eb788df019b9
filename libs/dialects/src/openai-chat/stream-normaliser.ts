import type { ChatCompletionChunk, ChatDelta, ChatToolCallDelta, ChatUsage, FinishReason } from '@parley/contracts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { badAnswer } from '../stream-transform.ts';
import { readCitations } from './citations.ts';
import { decodeEmbeddedFailure, failureOfChoice, isFailure } from './failure.ts';
import { readFinishReason } from './finish.ts';
import { unifyReasoning } from './reasoning.ts';
import { withReportedCost } from './reported-cost.ts';
import { isBlank, isForeignCall, NO_ARGUMENTS } from './tool-arguments.ts';
import { readUsage } from './usage.ts';

/** A choice as the stream has shown it so far. */
type ChoiceState = {
  roleSent: boolean;
  finished: boolean;
  calls: Map<CallKey, CallState>;
  /** Of the fragment before this one. */
  lastKey: CallKey | undefined;
};
type CallKey = number | string;
type CallState = { index: number; id: string; hasArguments: boolean };

/** With what vendors put beside OpenAI's fields. */
type IncomingChunk = ChatCompletionChunk & { error?: unknown; x_groq?: { usage?: unknown } | null };
type IncomingChoice = ChatCompletionChunk['choices'][number] & { message?: unknown };

type StreamIdentity = { fallbackId: string; created: number; upstreamModel: string };

/** An incoming chunk after normalisation; `changed` says whether it still equals what the provider sent. */
export type NormalisedChunk = { chunk: ChatCompletionChunk; changed: boolean };

/**
 * Makes what compatible providers send into one strict stream: one id, role first, one finish per choice, tool calls with
 * index, id and type, usage kept apart. A chunk that is right already is passed through untouched.
 */
export class StreamNormaliser {
  /** The last usage that could be believed: never a sum, since some providers report running totals. */
  usage: ChatUsage | null = null;
  private id = '';
  private created = 0;
  private model = '';
  private readonly choices = new Map<number, ChoiceState>();

  private readonly context: StreamIdentity;

  /** Only what is needed is kept: a stream may live for minutes, and the request behind it can be large. */
  constructor({ fallbackId, created, target }: Pick<AnswerContext, 'fallbackId' | 'created' | 'target'>) {
    this.context = { fallbackId, created, upstreamModel: target.upstreamModel };
  }

  /** Every choice that began has finished. */
  get complete(): boolean {
    return this.choices.size > 0 && [...this.choices.values()].every((choice) => choice.finished);
  }

  get begun(): boolean {
    return this.choices.size > 0;
  }

  /** Throws for an error object. Undefined: nothing for the client in it. */
  accept(value: unknown): NormalisedChunk | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw badAnswer('a chunk is no JSON object');
    const chunk = value as IncomingChunk;
    // Before the error: what was used up is owed all the same.
    const usage = readUsage(chunk.usage) ?? readUsage(chunk.x_groq?.usage);
    if (usage) this.usage = withReportedCost(usage);
    if (isFailure(chunk)) throw new UpstreamFailureError(decodeEmbeddedFailure(chunk));
    if (!Array.isArray(chunk.choices) || chunk.choices.length === 0) return undefined;
    let changed = this.fixEnvelope(chunk);
    if (chunk.usage) {
      delete chunk.usage;
      changed = true;
    }
    for (const choice of chunk.choices) changed = this.fixChoice(choice, chunk) || changed;
    return { chunk, changed };
  }

  /** The finish that a provider forgot although it said that it was done. */
  finishOpenChoices(): ChatCompletionChunk | undefined {
    const open = [...this.choices].filter(([, state]) => !state.finished);
    if (open.length === 0) return undefined;
    const choices = open.map(([index, state]) => {
      state.finished = true;
      const finish_reason: FinishReason = state.calls.size > 0 ? 'tool_calls' : 'stop';
      const owed = owedArguments(state);
      return { index, delta: owed.length > 0 ? { tool_calls: owed } : {}, finish_reason };
    });
    return { ...this.envelope(), choices };
  }

  usageChunk(usage: ChatUsage): ChatCompletionChunk {
    return { ...this.envelope(), choices: [], usage };
  }

  private envelope(): Pick<ChatCompletionChunk, 'id' | 'object' | 'created' | 'model'> {
    const { id, created, model } = this;
    return { id, object: 'chat.completion.chunk', created, model };
  }

  private fixEnvelope(chunk: ChatCompletionChunk): boolean {
    if (this.id === '') {
      this.id = chunk.id || this.context.fallbackId;
      this.created = Number.isInteger(chunk.created) && chunk.created > 0 ? chunk.created : this.context.created;
      this.model = chunk.model || this.context.upstreamModel;
    }
    const right =
      chunk.id === this.id &&
      chunk.created === this.created &&
      chunk.model === this.model &&
      chunk.object === 'chat.completion.chunk';
    if (!right) Object.assign(chunk, this.envelope());
    return !right;
  }

  private fixChoice(choice: IncomingChoice, chunk: IncomingChunk): boolean {
    if (typeof choice !== 'object' || choice === null) throw badAnswer('a choice is no JSON object');
    const failure = failureOfChoice(choice);
    if (failure) throw new UpstreamFailureError(failure);
    let changed = this.fixDelta(choice);
    const state = this.stateOf(choice.index);
    if (!state.roleSent) {
      state.roleSent = true;
      if (choice.delta.role !== 'assistant') {
        choice.delta = { ...choice.delta, role: 'assistant' };
        changed = true;
      }
    }
    if (choice.delta.tool_calls) changed = this.fixToolCalls(choice.delta, choice.index, state) || changed;
    changed = this.fixFinish(choice, state) || changed;
    return choice.finish_reason === null ? changed : completeDelta(choice.delta, state, chunk) || changed;
  }

  private fixDelta(choice: IncomingChoice): boolean {
    let changed = false;
    if (!Number.isInteger(choice.index)) {
      choice.index = 0;
      changed = true;
    }
    if (typeof choice.delta !== 'object' || choice.delta === null) {
      choice.delta = {};
      changed = true;
    }
    if (choice.message !== undefined) {
      // Perplexity repeats the whole answer so far beside each delta.
      delete choice.message;
      changed = true;
    }
    const delta = unifyReasoning(choice.delta);
    if (delta !== choice.delta) {
      choice.delta = delta;
      changed = true;
    }
    return changed;
  }

  private stateOf(index: number): ChoiceState {
    const known = this.choices.get(index);
    if (known) return known;
    const state: ChoiceState = { roleSent: false, finished: false, calls: new Map(), lastKey: undefined };
    this.choices.set(index, state);
    return state;
  }

  private fixFinish(choice: ChatCompletionChunk['choices'][number], state: ChoiceState): boolean {
    const given: unknown = choice.finish_reason;
    // Some providers repeat the finish on their usage chunk: only the first one counts.
    const finish = state.finished ? null : readFinishReason(given, state.calls.size > 0);
    if (finish !== null) state.finished = true;
    choice.finish_reason = finish;
    return given !== finish;
  }

  private fixToolCalls(delta: ChatDelta, choiceIndex: number, state: ChoiceState): boolean {
    if (!Array.isArray(delta.tool_calls)) throw badAnswer('the tool calls are no list');
    let changed = false;
    delta.tool_calls = delta.tool_calls.map((call) => {
      const fixed = this.fixToolCall(call, choiceIndex, state);
      changed ||= fixed !== call;
      return fixed;
    });
    return changed;
  }

  /** Keyed by index, else by id; a call that has neither continues the last one. */
  private fixToolCall(call: ChatToolCallDelta, choiceIndex: number, state: ChoiceState): ChatToolCallDelta {
    if (typeof call !== 'object' || call === null) throw badAnswer('a tool call is no JSON object');
    if (isForeignCall(call)) return call;
    const key = Number.isInteger(call.index) ? call.index : call.id || (state.lastKey ?? 0);
    state.lastKey = key;
    const known = state.calls.get(key);
    const given: unknown = call.function?.arguments;
    const text = typeof given === 'string' ? given : given == null ? '' : JSON.stringify(given);
    if (known) {
      known.hasArguments ||= !isBlank(text);
      const right = call.index === known.index && (!call.id || call.id === known.id) && isTextOrAbsent(given);
      return right
        ? call
        : { ...call, index: known.index, id: known.id, function: { ...call.function, arguments: text } };
    }
    const index = state.calls.size;
    const id = call.id || `call_${this.context.fallbackId}_${choiceIndex}_${index}`;
    state.calls.set(key, { index, id, hasArguments: !isBlank(text) });
    const right = call.index === index && call.id === id && call.type === 'function' && typeof given === 'string';
    if (right && typeof call.function?.name === 'string') return call;
    const name = call.function?.name ?? '';
    const started = { ...call.function, name, arguments: text };
    return { ...call, index, id, type: 'function', function: started };
  }
}

/** What a choice still owes with its finish: arguments for calls that had none, and sources. */
function completeDelta(delta: ChatDelta, state: ChoiceState, chunk: IncomingChunk): boolean {
  const owed = owedArguments(state);
  for (const fragment of owed) {
    const started = delta.tool_calls?.find(({ index }) => index === fragment.index);
    if (started) started.function = { ...started.function, ...fragment.function };
    else delta.tool_calls = [...(delta.tool_calls ?? []), fragment];
  }
  const citations = delta.annotations == null ? readCitations(chunk) : [];
  if (citations.length > 0) delta.annotations = citations;
  return owed.length + citations.length > 0;
}

function owedArguments({ calls }: ChoiceState): ChatToolCallDelta[] {
  return [...calls.values()].flatMap((call) => {
    if (call.hasArguments) return [];
    call.hasArguments = true;
    return [{ index: call.index, function: { arguments: NO_ARGUMENTS } }];
  });
}

const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string';
