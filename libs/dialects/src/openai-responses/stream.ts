import type { ChatChunkChoice, ChatCompletion, ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import type { AnswerContext, StreamDecoder } from '../dialect.ts';
import type { SseEvent } from '../sse.ts';
import { badAnswer } from '../stream-transform.ts';
import { embeddedFailure, incompleteAnswer } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';
import { OutputReader, type Piece, type Place, type TextKind } from './output-reader.ts';
import { assertFinished, decodeIdentity } from './response.ts';
import { decodeUsage } from './usage.ts';

/** Reads the events of a streamed answer. Source: https://platform.openai.com/docs/api-reference/responses-streaming */
export function openStreamDecoder(context: AnswerContext): StreamDecoder {
  return new ResponseStreamDecoder(context);
}

/** Events by which a text grows, and the field that numbers the parts of the item. */
const GROWTH: ReadonlyMap<unknown, [kind: TextKind, partIndex: string]> = new Map([
  ['response.output_text.delta', ['output_text', 'content_index']],
  ['response.refusal.delta', ['refusal', 'content_index']],
  ['response.function_call_arguments.delta', ['arguments', '']],
  ['response.reasoning_summary_text.delta', ['summary', 'summary_index']],
  ['response.reasoning_text.delta', ['reasoning_text', 'content_index']],
]);

class ResponseStreamDecoder implements StreamDecoder {
  private readonly output = new OutputReader();
  /** Of the first response object, or of the first chunk where that comes earlier: it must not change on the way. */
  private identity: Pick<ChatCompletion, 'id' | 'created' | 'model'> | undefined;
  /** The last word on usage: never a sum. */
  private usage: ChatUsage | undefined;
  private roleSent = false;
  done = false;
  private readonly context: AnswerContext;

  constructor(context: AnswerContext) {
    this.context = context;
  }

  push(event: SseEvent): ChatCompletionChunk[] {
    // OpenRouter ends with the [DONE] of chat.
    if (this.done || event.data === '[DONE]') return [];
    const { type, data } = parseEvent(event);
    throwIfFailed(type, data);
    if (isObject(data['response'])) this.noteResponse(data['response']);
    if (isEnding(type)) return this.finish(type, data['response']);
    return this.write(this.readItemEvent(type, data));
  }

  end(): ChatCompletionChunk[] {
    if (!this.done) throw incompleteAnswer();
    return [];
  }

  private readItemEvent(type: string, data: JsonObject): Piece[] {
    const item = isObject(data['item']) ? data['item'] : {};
    const place: Place = { index: data['output_index'], id: data['item_id'] ?? item['id'] };
    const growth = GROWTH.get(type);
    if (growth) {
      const [kind, partIndex] = growth;
      return this.output.extend(place, kind, data[partIndex], textOr(data['delta'], ''), data['logprobs']);
    }
    if (type === 'response.output_item.added') return this.output.open(place, item);
    if (type === 'response.output_item.done') return this.output.close(place, item);
    if (type === 'response.output_text.annotation.added' && isObject(data['annotation'])) {
      return this.output.annotate(place, data['content_index'], data['annotation']);
    }
    return [];
  }

  private noteResponse(response: JsonObject): void {
    this.identity ??= decodeIdentity(response, this.context);
    this.usage = decodeUsage(response['usage']) ?? this.usage;
  }

  private finish(type: string, response: unknown): ChatCompletionChunk[] {
    const last = isObject(response) ? response : {};
    this.done = true;
    const rest = this.write(this.output.closeAll(objectsIn(last['output'])));
    const status = type === 'response.incomplete' ? 'incomplete' : last['status'];
    const finish = decodeFinish({ ...last, status }, this.output.hasToolCalls);
    const closing = this.chunk([{ index: 0, delta: this.withRole({}), ...finish }]);
    return [...rest, closing, ...(this.usage ? [{ ...this.chunk([]), usage: this.usage }] : [])];
  }

  private write(pieces: Piece[]): ChatCompletionChunk[] {
    return pieces.map(({ delta, logprobs }) =>
      this.chunk([
        {
          index: 0,
          delta: this.withRole(delta),
          ...(logprobs && { logprobs: { content: logprobs, refusal: null } }),
          finish_reason: null,
        },
      ]),
    );
  }

  private withRole(delta: Piece['delta']): Piece['delta'] {
    if (this.roleSent) return delta;
    this.roleSent = true;
    return { role: 'assistant', ...delta };
  }

  private chunk(choices: ChatChunkChoice[]): ChatCompletionChunk {
    this.identity ??= decodeIdentity({}, this.context);
    return { ...this.identity, object: 'chat.completion.chunk', choices };
  }
}

/** Reads the JSON of an event; a service that leaves the type out of it still names the event. */
export function parseEvent(event: SseEvent): { type: string; data: JsonObject } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(event.data);
  } catch {
    throw badAnswer('an event of the stream is no JSON');
  }
  if (!isObject(parsed)) throw badAnswer('an event of the stream is no JSON object');
  return { type: textOr(parsed['type'], event.event ?? ''), data: parsed };
}

/** Throws `UpstreamFailureError` for an event that says that the response failed, or that it ends and is not finished. */
export function throwIfFailed(type: string, data: JsonObject): void {
  if (type === 'error' || (type === '' && data['error'])) throw embeddedFailure(data);
  const response = isObject(data['response']) ? data['response'] : undefined;
  if (type === 'response.failed') throw embeddedFailure(response ?? data);
  if (isEnding(type)) assertFinished(response ?? {});
}

/** Whether an event of this type ends a response that did not fail. */
export const isEnding = (type: string): boolean => type === 'response.completed' || type === 'response.incomplete';
