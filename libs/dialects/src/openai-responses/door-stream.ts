import type { ChatCompletionChunk, ChatUsage, ErrorBody, FinishReason } from '@parley/contracts';
import type { AnswerTo } from '../door.ts';
import type { StreamEncoder } from '../stream-transform.ts';
import {
  encodeError,
  encodeFinish,
  frameOf,
  responseObject,
  serviceTier,
  type ResponseFrame,
} from './door-response.ts';
import type { JsonObject } from '../json-values.ts';
import { OutputWriter, type OutputEvent } from './output-writer.ts';
import { encodeUsage } from './usage.ts';

/**
 * Writes hub chunks as the events of a streamed response. Source:
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class ResponseStreamEncoder implements StreamEncoder {
  /** The whole response, once it is complete. */
  answer: JsonObject | undefined;
  private readonly frame: ResponseFrame;
  private readonly writer: OutputWriter;
  private identity: Pick<ChatCompletionChunk, 'created' | 'model'>;
  private finishReason: FinishReason = 'stop';
  private usage: ChatUsage | null = null;
  private tier: JsonObject = {};
  private sequence = 0;

  constructor(call: AnswerTo) {
    this.frame = frameOf(call);
    this.writer = new OutputWriter(this.frame);
    this.identity = { created: call.created, model: '' };
  }

  encode(chunk: ChatCompletionChunk): string {
    const begin = this.sequence === 0 ? this.begin(chunk) : '';
    if (chunk.usage) this.usage = chunk.usage;
    this.tier = { ...this.tier, ...serviceTier(chunk) };
    const [choice] = chunk.choices;
    if (!choice) return begin;
    let text = begin + this.write(this.writer.add(choice.delta, choice.logprobs?.content ?? []));
    if (choice.finish_reason !== null) {
      this.finishReason = choice.finish_reason;
      text += this.write(this.writer.close(encodeFinish(choice.finish_reason).status));
    }
    return text;
  }

  finish(): string {
    const finish = encodeFinish(this.finishReason);
    const response = this.response({
      ...finish,
      output: this.writer.output,
      usage: this.usage && encodeUsage(this.usage),
      ...this.tier,
    });
    this.answer = response;
    return this.write([{ type: `response.${finish.status}`, response }]);
  }

  fail(body: unknown, usage: ChatUsage): string {
    // The event that it stands for was made already, but never sent.
    if (this.answer !== undefined) this.sequence -= 1;
    const response = this.response({
      status: 'failed',
      error: encodeError(body as ErrorBody),
      // An item that was not finished is left out: it would pass for a whole one.
      output: this.writer.output.filter(Boolean),
      usage: encodeUsage(this.usage ?? usage),
    });
    return this.write([{ type: 'response.failed', response }]);
  }

  private begin({ created, model }: ChatCompletionChunk): string {
    this.identity = { created, model };
    const response = this.response({ status: 'in_progress' });
    return this.write([
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ]);
  }

  private response(state: Parameters<typeof responseObject>[2]): JsonObject {
    return responseObject(this.frame, this.identity, state);
  }

  private write(events: OutputEvent[]): string {
    return events.map((event) => this.writeOne(event)).join('');
  }

  private writeOne({ type, ...fields }: OutputEvent): string {
    return writeEvent(type, this.sequence++, fields);
  }
}

export function writeEvent(type: string, sequence: number, fields: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`;
}
