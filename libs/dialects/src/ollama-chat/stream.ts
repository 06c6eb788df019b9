import type { ChatChunkChoice, ChatCompletionChunk, ChatDelta } from '@parley/contracts';
import type { AnswerContext, StreamDecoder } from '../dialect.ts';
import { incompleteAnswer, unreadableAnswer } from '../failures.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import type { SseEvent } from '../sse.ts';
import { AnswerReader } from './answer-reader.ts';
import { throwIfError } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';

/** Reads the documents of a streamed answer; the one with `done: true` ends it and counts the tokens. */
export function openStreamDecoder(context: AnswerContext): StreamDecoder {
  return new OllamaStreamDecoder(context);
}

class OllamaStreamDecoder implements StreamDecoder {
  private readonly reader: AnswerReader;
  private roleSent = false;
  done = false;

  constructor(context: AnswerContext) {
    this.reader = new AnswerReader(context);
  }

  push(event: SseEvent): ChatCompletionChunk[] {
    if (this.done) return [];
    const document = parseDocument(event);
    const piece = this.reader.read(document);
    const chunks: ChatCompletionChunk[] = [];
    if (piece) {
      const { delta, logprobs } = piece;
      chunks.push(this.chunk([{ ...this.choice(delta), ...(logprobs && { logprobs }) }]));
    }
    return document['done'] === true ? [...chunks, ...this.finish(document)] : chunks;
  }

  end(): ChatCompletionChunk[] {
    if (!this.done) throw incompleteAnswer();
    return [];
  }

  private finish(document: JsonObject): ChatCompletionChunk[] {
    this.done = true;
    const usage = decodeUsage(document);
    const last = this.choice(this.roleSent ? {} : { content: '' });
    const finish = decodeFinish(document['done_reason'], this.reader.hasToolCalls);
    return [this.chunk([{ ...last, ...finish }]), ...(usage ? [{ ...this.chunk([]), usage }] : [])];
  }

  private choice(delta: ChatDelta): ChatChunkChoice {
    if (this.roleSent) return { index: 0, delta, finish_reason: null };
    this.roleSent = true;
    return { index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null };
  }

  private chunk(choices: ChatChunkChoice[]): ChatCompletionChunk {
    return { ...this.reader.identity, object: 'chat.completion.chunk', choices };
  }
}

function parseDocument({ data }: SseEvent): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(data);
  } catch {
    throw unreadableAnswer('a line of the stream is no JSON');
  }
  throwIfError(document);
  if (!isObject(document)) throw unreadableAnswer('a line of the stream is no JSON object');
  return document;
}
