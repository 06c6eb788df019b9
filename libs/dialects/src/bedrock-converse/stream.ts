import type { ChatChunkChoice, ChatCompletionChunk, ChatDelta } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import { UpstreamFailureError, type AnswerContext, type StreamDecoder } from '../dialect.ts';
import type { SseEvent } from '../sse.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';
import { EXCEPTION_EVENT } from './event-reader.ts';
import { badAnswer, decodeInBandFailure, incompleteAnswer } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { BlockReader } from './stream-blocks.ts';
import { decodeUsage } from './usage.ts';

/**
 * Reads the events of a streamed answer. `messageStop` ends the answer, `metadata` with its usage follows it.
 * Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export function openStreamDecoder(context: AnswerContext): StreamDecoder {
  return new ConverseStreamDecoder(context);
}

class ConverseStreamDecoder implements StreamDecoder {
  private readonly blocks = new BlockReader();
  private roleSent = false;
  private stopped = false;
  done = false;
  private readonly context: AnswerContext;

  constructor(context: AnswerContext) {
    this.context = context;
  }

  push(event: SseEvent): ChatCompletionChunk[] {
    if (this.done) return [];
    const data = parseEvent(event.data);
    switch (event.event) {
      case 'messageStart':
        return this.roleSent ? [] : this.deltas([{ content: '' }]);
      case 'contentBlockStart':
        return this.deltas(this.blocks.open(data['contentBlockIndex'], data['start']));
      case 'contentBlockDelta':
        return this.deltas(this.blocks.extend(data['contentBlockIndex'], data['delta']));
      case 'contentBlockStop':
        return this.deltas(this.blocks.close(data['contentBlockIndex']));
      case 'messageStop':
        return this.stop(data['stopReason']);
      case 'metadata':
        return this.finish(data['usage']);
      case EXCEPTION_EVENT:
        throw new UpstreamFailureError(decodeInBandFailure(textOr(data['type'], ''), textOr(data['message'], null)));
      default:
        return [];
    }
  }

  end(): ChatCompletionChunk[] {
    if (!this.stopped) throw new UpstreamFailureError(incompleteAnswer());
    return [];
  }

  private stop(stopReason: unknown): ChatCompletionChunk[] {
    if (this.stopped) return [];
    this.stopped = true;
    const rest = this.deltas(this.blocks.closeAll());
    const finish = decodeFinish(stopReason, this.blocks.hasToolCalls);
    return [...rest, this.chunk([{ index: 0, delta: this.withRole({}), ...finish }])];
  }

  private finish(usage: unknown): ChatCompletionChunk[] {
    this.done = this.stopped;
    return this.done && isObject(usage) ? [{ ...this.chunk([]), usage: decodeUsage(usage) }] : [];
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
    const { created, fallbackId, target } = this.context;
    const id = hubAnswerId(fallbackId);
    return { id, object: 'chat.completion.chunk', created, model: target.upstreamModel, choices };
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
