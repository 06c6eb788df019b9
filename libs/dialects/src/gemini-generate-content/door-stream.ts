import type { ChatChunkChoice, ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import type { StreamEncoder } from '../stream-transform.ts';
import { CandidateWriter } from './door-candidate.ts';
import type { AnswerFrames } from './door-frames.ts';
import { encodeEnd, encodeEnvelope } from './door-response.ts';
import { toNativeFinish } from './finish.ts';
import type { JsonObject } from '../json-values.ts';
import { encodeLogprobs } from './logprobs.ts';
import { encodeUsage } from './usage.ts';

type OpenCandidate = { writer: CandidateWriter; finishReason: string };

/**
 * Writes hub chunks as events of `streamGenerateContent`, each of them a `GenerateContentResponse` with the next parts.
 * Each call has an event of its own, as at Gemini: `@google/generative-ai` keeps only the last part of an event. The last
 * one tells the finish and usage.
 */
export class GeminiStreamEncoder implements StreamEncoder {
  private readonly candidates = new Map<number, OpenCandidate>();
  private envelope: JsonObject = {};
  private usage: ChatUsage | undefined;

  constructor(
    private readonly frames: AnswerFrames,
    private readonly includeThoughts: boolean,
  ) {}

  encode(chunk: ChatCompletionChunk): string {
    this.envelope = encodeEnvelope(chunk);
    if (chunk.usage) this.usage = chunk.usage;
    const candidates = chunk.choices.flatMap((choice) => this.encodeChoice(choice));
    return candidates.length === 0 ? '' : this.write({ candidates, ...this.envelope });
  }

  finish(): string {
    let owed = '';
    const candidates: JsonObject[] = [];
    for (const [index, { writer, finishReason }] of this.candidates) {
      const parts = writer.finish();
      for (const part of parts.slice(0, -1)) {
        owed += this.write({ candidates: [encodePieces(index, [part])], ...this.envelope });
      }
      candidates.push(encodeEnd(index, parts.slice(-1), finishReason, writer));
    }
    const usageMetadata = this.usage && encodeUsage(this.usage);
    const last = this.write({ candidates, ...(usageMetadata && { usageMetadata }), ...this.envelope });
    return owed + last + this.frames.end();
  }

  private encodeChoice(choice: ChatChunkChoice): JsonObject[] {
    const { index, delta, finish_reason: finish, logprobs } = choice;
    const candidate = this.candidate(index);
    if (finish !== null) candidate.finishReason = toNativeFinish(finish, choice['native_finish_reason']);
    const parts = candidate.writer.push(delta);
    const logprobsResult = encodeLogprobs(logprobs);
    if (parts.length === 0 && !logprobsResult) return [];
    return [{ ...encodePieces(index, parts), ...(logprobsResult && { logprobsResult }) }];
  }

  private candidate(index: number): OpenCandidate {
    const known = this.candidates.get(index);
    if (known) return known;
    const opened = { writer: new CandidateWriter(this.includeThoughts), finishReason: 'STOP' };
    this.candidates.set(index, opened);
    return opened;
  }

  private write(answer: JsonObject): string {
    return this.frames.write(JSON.stringify(answer));
  }
}

/** A candidate that goes on. */
const encodePieces = (index: number, parts: JsonObject[]): JsonObject => ({ content: { parts, role: 'model' }, index });
