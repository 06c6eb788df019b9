import type { ChatCompletionChunk } from '@parley/contracts';
import { UpstreamFailureError, type AnswerContext, type StreamDecoder } from '../dialect.ts';
import type { SseEvent } from '../sse.ts';
import { badAnswer } from '../stream-transform.ts';
import { decodeEmbeddedFailure } from './failure.ts';
import { StreamNormaliser } from './stream-normaliser.ts';

/** A compatible provider's stream as hub chunks, for doors of other formats. */
export class ChatStreamDecoder implements StreamDecoder {
  private readonly normaliser: StreamNormaliser;
  done = false;

  constructor(context: AnswerContext) {
    this.normaliser = new StreamNormaliser(context);
  }

  push(event: SseEvent): ChatCompletionChunk[] {
    if (this.done) return [];
    if (event.data === '[DONE]') {
      this.done = true;
      return [];
    }
    const accepted = this.normaliser.accept(parseEvent(event));
    return accepted ? [accepted.chunk] : [];
  }

  end(): ChatCompletionChunk[] {
    assertComplete(this.normaliser, this.done);
    const owed = [this.normaliser.finishOpenChoices()];
    if (this.normaliser.usage) owed.push(this.normaliser.usageChunk(this.normaliser.usage));
    return owed.filter((chunk) => chunk !== undefined);
  }
}

/** Reads the JSON of an event; an event that is named `error` is one, whatever it holds. */
export function parseEvent(event: SseEvent): unknown {
  let value: unknown;
  try {
    value = JSON.parse(event.data);
  } catch {
    throw badAnswer('an event is no JSON');
  }
  if (event.event === 'error') throw new UpstreamFailureError(decodeEmbeddedFailure(value));
  return value;
}

/** A stream is over when every choice finished, or when the provider said [DONE] after it had begun. */
export function assertComplete(normaliser: StreamNormaliser, done: boolean): void {
  if (normaliser.complete || (done && normaliser.begun)) return;
  throw new UpstreamFailureError({
    code: 'upstream_incomplete',
    retryable: true,
    upstream: { status: 200, code: null, message: 'the stream ended before the answer was complete' },
  });
}
