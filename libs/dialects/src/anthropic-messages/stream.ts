import type { ChatChunkChoice, ChatCompletionChunk, ChatDelta } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import { UpstreamFailureError, type AnswerContext, type StreamDecoder } from '../dialect.ts';
import type { SseEvent } from '../sse.ts';
import { badAnswer, decodeInBandFailure, incompleteAnswer } from './failure.ts';
import { decodeFinish, decodeRefusal } from './finish.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';
import { BlockReader } from './stream-blocks.ts';
import { decodeUsage, mergeUsage } from './usage.ts';

/** Reads the events of a streamed answer. Source: https://docs.claude.com/en/docs/build-with-claude/streaming */
export function openStreamDecoder(context: AnswerContext): StreamDecoder {
  return new MessageStreamDecoder(context);
}

class MessageStreamDecoder implements StreamDecoder {
  private readonly blocks = new BlockReader();
  private id: string;
  private model: string;
  private usage: JsonObject | undefined;
  /** The closing facts of `message_delta`: stop_reason and stop_details. */
  private closing: JsonObject = {};
  private roleSent = false;
  done = false;
  private readonly context: AnswerContext;

  constructor(context: AnswerContext) {
    this.context = context;
    this.id = hubAnswerId(context.fallbackId);
    this.model = context.target.upstreamModel;
  }

  push(event: SseEvent): ChatCompletionChunk[] {
    if (this.done || event.event === 'ping') return [];
    const data = parseEvent(event.data);
    switch (data['type']) {
      case 'message_start':
        return this.start(data['message']);
      case 'content_block_start':
        return this.deltas(this.blocks.open(data['index'], data['content_block']));
      case 'content_block_delta':
        return this.deltas(this.blocks.extend(data['index'], data['delta']));
      case 'content_block_stop':
        return this.deltas(this.blocks.close(data['index']));
      case 'message_delta':
        if (isObject(data['delta'])) this.closing = { ...this.closing, ...data['delta'] };
        this.addUsage(data['usage']);
        return [];
      case 'message_stop':
        return this.stop();
      case 'error':
        throw new UpstreamFailureError(decodeInBandFailure(data));
      default:
        return [];
    }
  }

  end(): ChatCompletionChunk[] {
    if (!this.done) throw new UpstreamFailureError(incompleteAnswer());
    return [];
  }

  private start(message: unknown): ChatCompletionChunk[] {
    // A second start would change the id in mid-stream.
    if (!isObject(message) || this.roleSent) return [];
    this.id = hubAnswerId(textOr(message['id'], this.id));
    this.model = textOr(message['model'], this.model);
    this.addUsage(message['usage']);
    return this.deltas([{ content: '' }]);
  }

  private stop(): ChatCompletionChunk[] {
    this.done = true;
    const rest = this.deltas(this.blocks.closeAll());
    const refusal = decodeRefusal(this.closing);
    const finish = decodeFinish(this.closing['stop_reason'], this.blocks.hasToolCalls);
    const last = this.chunk([{ index: 0, delta: this.withRole(refusal === null ? {} : { refusal }), ...finish }]);
    if (!this.usage) return [...rest, last];
    return [...rest, last, { ...this.chunk([]), usage: decodeUsage(this.usage) }];
  }

  private addUsage(usage: unknown): void {
    if (isObject(usage)) this.usage = mergeUsage(this.usage ?? {}, usage);
  }

  private deltas(deltas: ChatDelta[]): ChatCompletionChunk[] {
    return deltas.map((delta) => this.chunk([{ index: 0, delta: this.withRole(delta), finish_reason: null }]));
  }

  private withRole(delta: ChatDelta): ChatDelta {
    if (this.roleSent) return delta;
    this.roleSent = true;
    return { role: 'assistant', ...delta };
  }

  private chunk(choices: ChatChunkChoice[]): ChatCompletionChunk {
    const { created } = this.context;
    return { id: this.id, object: 'chat.completion.chunk', created, model: this.model, choices };
  }
}

function parseEvent(data: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    throw new UpstreamFailureError(badAnswer('an event of the stream is no JSON'));
  }
  if (!isObject(parsed)) throw new UpstreamFailureError(badAnswer('an event of the stream is no JSON object'));
  return parsed;
}
