import type { ChatDelta, ChatToolCallDelta, ReasoningDetail } from '@parley/contracts';
import { packDetails } from './door-reasoning.ts';
import type { ResponseFrame } from './door-response.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';

/** An event of the stream, still without its number. */
export type OutputEvent = { type: string } & JsonObject;

type Status = 'completed' | 'incomplete';
type OpenText = { kind: 'output_text' | 'refusal'; id: string; index: number; text: string; logprobs: unknown[] };
type OpenThought = { kind: 'reasoning'; id: string; index: number; text: string };
type OpenCall = { id: string; index: number; callId: string; name: JsonObject; arguments: string };

/**
 * Writes an answer as output items and the events by which they grow. Items stand in the order in which they began. Text
 * and thoughts end where something else begins, calls at the end, since their fragments may come by turns.
 */
export class OutputWriter {
  /** The finished items. */
  readonly output: JsonObject[] = [];
  private open: OpenText | OpenThought | undefined;
  private readonly calls = new Map<number, OpenCall>();
  private details: ReasoningDetail[] = [];
  private annotations: JsonObject[] = [];
  private count = 0;
  private events: OutputEvent[] = [];

  constructor(private readonly frame: ResponseFrame) {}

  add(delta: ChatDelta, logprobs: readonly unknown[] = []): OutputEvent[] {
    if (delta.reasoning_content) this.think(delta.reasoning_content);
    if (delta.reasoning_details) this.details.push(...delta.reasoning_details);
    if (delta.content) this.say('output_text', delta.content, logprobs);
    if (delta.refusal) this.say('refusal', delta.refusal, []);
    for (const annotation of objectsIn(delta.annotations)) this.annotate(annotation);
    for (const call of delta.tool_calls ?? []) this.call(call);
    return this.takeEvents();
  }

  /** The answer is over. One that says nothing is an empty message. */
  close(status: Status): OutputEvent[] {
    this.endOpen(status);
    this.endDetails();
    if (this.calls.size === 0 && !this.output.some(({ type }) => type === 'message')) {
      this.openText('output_text');
      this.endOpen(status);
    }
    for (const call of this.calls.values()) this.endCall(call, status);
    return this.takeEvents();
  }

  private think(text: string): void {
    if (this.open?.kind !== 'reasoning') this.openThought();
    const open = this.open as OpenThought;
    open.text += text;
    this.emit('response.reasoning_summary_text.delta', { ...summaryOf(open), delta: text });
  }

  private openThought(): void {
    this.endOpen('completed');
    const open: OpenThought = { kind: 'reasoning', text: '', ...this.place('rs') };
    this.open = open;
    this.emitAdded(open.index, { id: open.id, type: 'reasoning', summary: [], status: 'in_progress' });
    this.emit('response.reasoning_summary_part.added', {
      ...summaryOf(open),
      part: { type: 'summary_text', text: '' },
    });
  }

  private say(kind: OpenText['kind'], text: string, logprobs: readonly unknown[]): void {
    if (this.open?.kind !== kind) this.openText(kind);
    const open = this.open as OpenText;
    open.text += text;
    open.logprobs.push(...logprobs);
    const more = kind === 'output_text' ? { logprobs } : {};
    this.emit(`response.${kind}.delta`, { ...contentOf(open), delta: text, ...more });
  }

  private openText(kind: OpenText['kind']): void {
    this.endOpen('completed');
    this.endDetails();
    const open: OpenText = { kind, text: '', logprobs: [], ...this.place('msg') };
    this.open = open;
    this.emitAdded(open.index, { id: open.id, type: 'message', status: 'in_progress', role: 'assistant', content: [] });
    this.emit('response.content_part.added', { ...contentOf(open), part: partOf(open, []) });
  }

  private annotate(annotation: JsonObject): void {
    // What an annotation belongs to has been said before it, and may be over: then it has no place any more.
    if (this.open?.kind !== 'output_text') return;
    const written = flattenAnnotation(annotation);
    const place = { ...contentOf(this.open), annotation_index: this.annotations.length };
    this.annotations.push(written);
    this.emit('response.output_text.annotation.added', { ...place, annotation: written });
  }

  private call({ index, id, function: called }: ChatToolCallDelta): void {
    const known = this.calls.get(index) ?? this.openCall(index, id ?? '', called?.name ?? '');
    const fragment = called?.arguments ?? '';
    if (fragment === '') return;
    known.arguments += fragment;
    const { id: itemId, index: at } = known;
    this.emit('response.function_call_arguments.delta', { item_id: itemId, output_index: at, delta: fragment });
  }

  private openCall(index: number, callId: string, hubName: string): OpenCall {
    this.endOpen('completed');
    this.endDetails();
    const name = { ...(this.frame.names.get(hubName) ?? { name: hubName }) };
    const call: OpenCall = { callId, name, arguments: '', ...this.place('fc') };
    this.calls.set(index, call);
    this.emitAdded(call.index, callItem(call, 'in_progress'));
    return call;
  }

  private endOpen(status: Status): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    if (open.kind === 'reasoning') return this.endThought(open);
    const part = partOf(open, this.annotations);
    this.annotations = [];
    const whole = open.kind === 'refusal' ? { refusal: open.text } : { text: open.text, logprobs: open.logprobs };
    this.emit(`response.${open.kind}.done`, { ...contentOf(open), ...whole });
    this.emit('response.content_part.done', { ...contentOf(open), part });
    this.emitDone(open.index, { id: open.id, type: 'message', status, role: 'assistant', content: [part] });
  }

  private endThought(open: OpenThought): void {
    const part = { type: 'summary_text', text: open.text };
    this.emit('response.reasoning_summary_text.done', { ...summaryOf(open), text: open.text });
    this.emit('response.reasoning_summary_part.done', { ...summaryOf(open), part });
    this.emitDone(open.index, this.reasoningItem(open.id, [part]));
  }

  /** State that no readable thought goes with is an item of its own. */
  private endDetails(): void {
    if (this.details.length === 0) return;
    const { id, index } = this.place('rs');
    this.emitAdded(index, { id, type: 'reasoning', summary: [], status: 'in_progress' });
    this.emitDone(index, this.reasoningItem(id, []));
  }

  private reasoningItem(id: string, summary: JsonObject[]): JsonObject {
    const { details } = this;
    this.details = [];
    return { id, type: 'reasoning', summary, encrypted_content: packDetails(details), status: 'completed' };
  }

  private endCall(call: OpenCall, status: Status): void {
    const whole = { ...call, arguments: call.arguments || '{}' };
    const place = { item_id: call.id, output_index: call.index };
    const { name } = call.name;
    this.emit('response.function_call_arguments.done', { ...place, name, arguments: whole.arguments });
    this.emitDone(call.index, callItem(whole, status));
  }

  private place(prefix: string): { id: string; index: number } {
    const index = this.count++;
    return { id: `${this.frame.id.replace(/^resp/, prefix)}_${index}`, index };
  }

  private emitAdded(index: number, item: JsonObject): void {
    this.emit('response.output_item.added', { output_index: index, item });
  }

  private emitDone(index: number, item: JsonObject): void {
    this.output[index] = item;
    this.emit('response.output_item.done', { output_index: index, item });
  }

  private emit(type: string, fields: JsonObject): void {
    this.events.push({ type, ...fields });
  }

  private takeEvents(): OutputEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}

const contentOf = ({ id, index }: OpenText): JsonObject => ({ item_id: id, output_index: index, content_index: 0 });
const summaryOf = ({ id, index }: OpenThought): JsonObject => ({ item_id: id, output_index: index, summary_index: 0 });

function partOf({ kind, text, logprobs }: OpenText, annotations: JsonObject[]): JsonObject {
  return kind === 'refusal' ? { type: kind, refusal: text } : { type: kind, text, annotations, logprobs };
}

function callItem({ id, callId, name, arguments: text }: OpenCall, status: Status | 'in_progress'): JsonObject {
  return { id, type: 'function_call', status, call_id: callId, ...name, arguments: text };
}

/** Chat keeps the parts of a citation below its type, this API beside it. */
function flattenAnnotation(annotation: JsonObject): JsonObject {
  const inner = annotation['url_citation'];
  return isObject(inner) ? { type: textOr(annotation['type'], 'url_citation'), ...inner } : annotation;
}
