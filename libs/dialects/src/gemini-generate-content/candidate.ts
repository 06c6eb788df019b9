import type { ChatDelta, FinishReason, ReasoningDetail } from '@parley/contracts';
import { decodeCitations } from './citations.ts';
import { badAnswer } from './failure.ts';
import { toFinishReason } from './finish.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';
import { applyPartialArgs, emptyArgs } from './partial-args.ts';
import { synthesiseToolCallId } from './tool-call-id.ts';

/**
 * Reads one candidate, whole or in pieces, as the deltas of a hub message. Whole answers are folded from the same deltas
 * as streams, so that the two cannot differ.
 */
export class CandidateReader {
  /** As Gemini gave it; undefined while the answer goes on. */
  private nativeFinish: string | undefined;
  private text = '';
  private callCount = 0;
  private signatureCount = 0;
  private grounding: JsonObject | undefined;
  private openCall: OpenCall | undefined;

  constructor(
    readonly index: number,
    private readonly fallbackId: string,
  ) {}

  /** Throws `UpstreamFailureError` when Gemini says that the model failed to give a usable answer. */
  read(candidate: JsonObject): ChatDelta[] {
    const content = isObject(candidate['content']) ? candidate['content'] : {};
    const deltas = objectsIn(content['parts']).flatMap((part) => this.readPart(part));
    if (isObject(candidate['groundingMetadata'])) this.grounding = candidate['groundingMetadata'];
    this.nativeFinish = nativeFinish(candidate['finishReason']) ?? this.nativeFinish;
    throwIfUnusable(candidate);
    return deltas;
  }

  /** The answer is over: what only now can be said (citations, whose ranges need the whole text). */
  close(): ChatDelta[] {
    const annotations = decodeCitations(this.grounding, this.text);
    return [...this.flushOpenCall(), ...(annotations.length > 0 ? [{ annotations }] : [])];
  }

  get isFinished(): boolean {
    return this.nativeFinish !== undefined;
  }

  /** How it ended, to be asked after `close`. `blockReason`: the prompt was blocked, so no candidate says anything. */
  outcome(blockReason: string | undefined): Outcome {
    if (this.nativeFinish === undefined && blockReason !== undefined) {
      return { finish_reason: 'content_filter', native_finish_reason: blockReason };
    }
    const reason = toFinishReason(this.nativeFinish ?? 'STOP', this.callCount > 0);
    return { finish_reason: reason === 'error' ? 'stop' : reason, native_finish_reason: this.nativeFinish ?? null };
  }

  /** Code that Gemini ran itself (`executableCode`, `codeExecutionResult`) has no place in the hub: its text follows. */
  private readPart(part: JsonObject): ChatDelta[] {
    const signature = textOf(part['thoughtSignature']);
    if (isObject(part['functionCall'])) return this.readCall(part['functionCall'], signature);
    const delta: ChatDelta = isObject(part['inlineData'])
      ? readImage(part['inlineData'])
      : this.readText(part['text'], part['thought'] === true);
    // An empty text may still carry the turn's signature; code run by Gemini keeps its own, which fits no other part.
    if (typeof part['text'] === 'string' || 'images' in delta) Object.assign(delta, this.decodeSignature(signature));
    return Object.keys(delta).length === 0 ? [] : [delta];
  }

  private readText(text: unknown, isThought: boolean): ChatDelta {
    if (typeof text !== 'string' || text === '') return {};
    if (isThought) return { reasoning_content: text };
    this.text += text;
    return { content: text };
  }

  /** Usually the call is whole; on Vertex its arguments may come in pieces, which are given on when complete. */
  private readCall(call: JsonObject, signature: string | undefined): ChatDelta[] {
    const startsCall = textOf(call['name']) !== undefined;
    const before = startsCall ? this.flushOpenCall() : [];
    if (startsCall) this.openCall = { call, args: copyArgs(call['args']), signature };
    if (this.openCall) applyPartialArgs(this.openCall.args, call['partialArgs']);
    return call['willContinue'] === true ? before : [...before, ...this.flushOpenCall()];
  }

  private flushOpenCall(): ChatDelta[] {
    if (!this.openCall) return [];
    const { call, args, signature } = this.openCall;
    this.openCall = undefined;
    const position = this.callCount++;
    const id = textOf(call['id']) ?? synthesiseToolCallId(this.fallbackId, this.index, position);
    const called = { name: textOf(call['name']) ?? '', arguments: JSON.stringify(args) };
    const toolCall = { index: position, id, type: 'function' as const, function: called };
    return [{ tool_calls: [toolCall], ...this.decodeSignature(signature, id) }];
  }

  private decodeSignature(data: string | undefined, id?: string): Pick<ChatDelta, 'reasoning_details'> {
    if (data === undefined) return {};
    const detail: ReasoningDetail = {
      type: 'reasoning.encrypted',
      data,
      ...(id !== undefined && { id }),
      format: 'google-gemini-v1',
      index: this.signatureCount++,
    };
    return { reasoning_details: [detail] };
  }
}

/** Throws `UpstreamFailureError` when Gemini says that the model failed to give a usable answer. */
export function throwIfUnusable({ finishReason, finishMessage }: JsonObject): void {
  const native = nativeFinish(finishReason);
  if (native === undefined || toFinishReason(native, false) !== 'error') return;
  throw badAnswer(textOf(finishMessage) ?? 'the model gave no usable answer', native);
}

/** Whether opaque state of the model's reasoning stands somewhere in it. */
export function isSigned(candidate: JsonObject | undefined): boolean {
  const content = candidate?.['content'];
  return (
    isObject(content) && objectsIn(content['parts']).some((part) => textOf(part['thoughtSignature']) !== undefined)
  );
}

/** Undefined while the answer goes on. Some services give a number. */
const nativeFinish = (reason: unknown): string | undefined =>
  typeof reason === 'string' || typeof reason === 'number' ? String(reason) : undefined;

/** `native_finish_reason` is OpenRouter's name for the provider's own word. */
type Outcome = { finish_reason: FinishReason; native_finish_reason: string | null };

/** A call whose arguments still come. */
type OpenCall = { call: JsonObject; args: JsonObject; signature: string | undefined };

function copyArgs(args: unknown): JsonObject {
  return Object.assign(emptyArgs(), isObject(args) ? args : {});
}

/** An image as OpenRouter gives one; other media have no place in the hub. */
function readImage(data: JsonObject): ChatDelta {
  const mimeType = textOf(data['mimeType']);
  const base64 = textOf(data['data']);
  if (base64 === undefined || mimeType?.startsWith('image/') !== true) return {};
  return { images: [{ type: 'image_url', image_url: { url: `data:${mimeType};base64,${base64}` } }] };
}
