import type { ChatDelta, ReasoningDetail } from '@parley/contracts';
import { decodeAnnotation } from './citations.ts';
import { objectsIn, textOr, type JsonObject } from '../json-values.ts';
import { decodeReasoningItem } from './reasoning-details.ts';

/** What an answer adds to the hub's one choice. */
export type Piece = { delta: ChatDelta; logprobs?: unknown[] };

/** The kinds of text that grow inside an item. */
export type TextKind = 'output_text' | 'refusal' | 'summary' | 'reasoning_text' | 'arguments';

/** Where an event belongs: some services give each event another `item_id`, so that the index goes first. */
export type Place = { index: unknown; id: unknown };

/** What was already said of one part of an item. `start`: where it begins in the whole text. */
type Part = { text: string; start: number; annotations: number };

type Item = { type: string; parts: Map<string, Part>; callIndex: number | null; isClosed: boolean };

const ITEM_TYPES: Record<TextKind, string> = {
  output_text: 'message',
  refusal: 'message',
  summary: 'reasoning',
  reasoning_text: 'reasoning',
  arguments: 'function_call',
};
const BETWEEN_THOUGHTS = '\n\n';

/**
 * Reads output items, whole ones or growing ones. What a finished item holds beyond what its deltas said is said then, so
 * that a service may send deltas, finished items or both. Items of the provider's own tools are its inner work: they are
 * no calls for the client, and are left out.
 */
export class OutputReader {
  private readonly byIndex = new Map<unknown, Item>();
  private readonly byId = new Map<unknown, Item>();
  private textLength = 0;
  private calls = 0;
  private details = 0;
  private hasThoughts = false;
  /** State of reasoning that is not given out yet, because what it leads to is not known. */
  private pending: ReasoningDetail[] = [];

  get hasToolCalls(): boolean {
    return this.calls > 0;
  }

  /** An item begins. */
  open(place: Place, item: JsonObject): Piece[] {
    const type = textOr(item['type'], '');
    if (this.find(place, type)) return [];
    const state: Item = { type, parts: new Map(), callIndex: null, isClosed: false };
    if (place.index !== undefined) this.byIndex.set(place.index, state);
    if (place.id !== undefined) this.byId.set(place.id, state);
    if (type === 'reasoning') return [];
    if (type === 'message') return this.releaseState(undefined);
    if (type === 'function_call') return this.openCall(state, item);
    // Reasoning is taken back only together with what it led to, and this item cannot be sent back.
    this.pending = [];
    return [];
  }

  /** A part of an item grows. */
  extend(place: Place, kind: TextKind, partIndex: unknown, fragment: string, logprobs?: unknown): Piece[] {
    // A call without its beginning has no name yet: it is said whole when it is finished.
    const opened = kind === 'arguments' ? [] : this.open(place, { type: ITEM_TYPES[kind] });
    const item = this.find(place, ITEM_TYPES[kind]);
    if (!item || item.isClosed) return opened;
    return [...opened, ...this.grow(item, kind, partIndex, fragment, logprobs)];
  }

  annotate(place: Place, partIndex: unknown, annotation: JsonObject): Piece[] {
    const item = this.find(place, 'message');
    if (!item) return [];
    const part = this.partOf(item, 'output_text', partIndex);
    part.annotations += 1;
    return annotationPieces([annotation], part.start);
  }

  /** An item is finished: `item` is all of it. */
  close(place: Place, item: JsonObject): Piece[] {
    const opened = this.open(place, item);
    const state = this.find(place, textOr(item['type'], ''));
    if (!state || state.isClosed) return opened;
    const rest = this.complete(state, item);
    state.isClosed = true;
    return [...opened, ...rest];
  }

  /**
   * All items once more, as the end of a stream repeats them. An item is only news if none of its kind came before: the
   * repetition may count and name items otherwise, and nothing must be said twice.
   */
  closeAll(output: readonly JsonObject[]): Piece[] {
    const seen = new Set([...this.byIndex.values(), ...this.byId.values()].map(({ type }) => type));
    return output.flatMap((item, index) => {
      const place = { index, id: item['id'] };
      const type = textOr(item['type'], '');
      return this.find(place, type) || !seen.has(type) ? this.close(place, item) : [];
    });
  }

  private complete(state: Item, item: JsonObject): Piece[] {
    if (state.type === 'message')
      return objectsIn(item['content']).flatMap((part, at) => this.addPart(state, at, part));
    if (state.type === 'function_call') {
      // A call without arguments may say so by an empty text, which is no JSON.
      return this.topUp(state, 'arguments', 0, textOr(item['arguments'], '') || '{}');
    }
    if (state.type !== 'reasoning') return [];
    this.pending.push(...decodeReasoningItem(item));
    return [
      ...objectsIn(item['summary']).flatMap((part, at) => this.topUp(state, 'summary', at, textOr(part['text'], ''))),
      ...objectsIn(item['content']).flatMap((part, at) =>
        this.topUp(state, 'reasoning_text', at, textOr(part['text'], '')),
      ),
    ];
  }

  private addPart(state: Item, at: number, part: JsonObject): Piece[] {
    if (part['type'] === 'refusal') return this.topUp(state, 'refusal', at, textOr(part['refusal'], ''));
    if (part['type'] !== 'output_text') return [];
    const text = this.topUp(state, 'output_text', at, textOr(part['text'], ''), part['logprobs']);
    const known = this.partOf(state, 'output_text', at);
    const annotations = objectsIn(part['annotations']).slice(known.annotations);
    return [...text, ...annotationPieces(annotations, known.start)];
  }

  private topUp(item: Item, kind: TextKind, partIndex: unknown, whole: string, logprobs?: unknown): Piece[] {
    const { text } = this.partOf(item, kind, partIndex);
    if (!whole.startsWith(text)) return [];
    return this.grow(item, kind, partIndex, whole.slice(text.length), text === '' ? logprobs : undefined);
  }

  private grow(item: Item, kind: TextKind, partIndex: unknown, fragment: string, logprobs: unknown): Piece[] {
    if (fragment === '') return [];
    const part = this.partOf(item, kind, partIndex);
    const isFirst = part.text === '';
    part.text += fragment;
    switch (kind) {
      case 'output_text': {
        this.textLength += fragment.length;
        const probabilities = Array.isArray(logprobs) && logprobs.length > 0 ? { logprobs } : {};
        return [{ delta: { content: fragment }, ...probabilities }];
      }
      case 'refusal':
        return [{ delta: { refusal: fragment } }];
      case 'arguments':
        return [{ delta: { tool_calls: [{ index: item.callIndex ?? 0, function: { arguments: fragment } }] } }];
      default: {
        const separator = isFirst && this.hasThoughts ? BETWEEN_THOUGHTS : '';
        this.hasThoughts = true;
        return [{ delta: { reasoning_content: separator + fragment } }];
      }
    }
  }

  private openCall(state: Item, item: JsonObject): Piece[] {
    const index = this.calls++;
    state.callIndex = index;
    const id = textOr(item['call_id'], '') || textOr(item['id'], '') || `call_${index}`;
    const name = textOr(item['name'], '');
    const start = { index, id, type: 'function' as const, function: { name, arguments: '' } };
    return [...this.releaseState(id), { delta: { tool_calls: [start] } }];
  }

  private releaseState(callId: string | undefined): Piece[] {
    if (this.pending.length === 0) return [];
    const before = callId === undefined ? {} : { tool_call_id: callId };
    const details = this.pending.map((detail) => ({ ...detail, ...before, index: this.details++ }));
    this.pending = [];
    return [{ delta: { reasoning_details: details } }];
  }

  private find({ index, id }: Place, type: string): Item | undefined {
    return [this.byIndex.get(index), this.byId.get(id)].find((item) => item?.type === type);
  }

  private partOf(item: Item, kind: TextKind, partIndex: unknown): Part {
    const key = `${kind} ${typeof partIndex === 'number' ? partIndex : 0}`;
    const known = item.parts.get(key);
    if (known) return known;
    const part: Part = { text: '', start: this.textLength, annotations: 0 };
    item.parts.set(key, part);
    return part;
  }
}

function annotationPieces(annotations: JsonObject[], start: number): Piece[] {
  const written = annotations
    .map((annotation) => decodeAnnotation(annotation, start))
    .filter((one) => one !== undefined);
  return written.length > 0 ? [{ delta: { annotations: written } }] : [];
}
