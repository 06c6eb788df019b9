import type { ChatChunkChoice, ChatCompletionChunk, ChatDelta } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import { UpstreamFailureError, type AnswerContext, type StreamDecoder } from '../dialect.ts';
import type { SseEvent } from '../sse.ts';
import { CandidateReader } from './candidate.ts';
import { badAnswer, throwIfError } from './failure.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';
import { decodeLogprobs } from './logprobs.ts';
import { readBlockReason } from './response.ts';
import { decodeUsage } from './usage.ts';

export function openStreamDecoder(context: AnswerContext): StreamDecoder {
  return new GeminiStreamDecoder(context);
}

/**
 * Each event is a whole `GenerateContentResponse` with the next piece of each candidate. The connection's end is the end
 * of the stream: no event says so. Finish reasons are therefore kept until then, because content (recorded: several
 * events with STOP each) and usage may still follow one; this costs no time, as the connection ends right after.
 */
class GeminiStreamDecoder implements StreamDecoder {
  private readonly candidates = new Map<number, CandidateReader>();
  private readonly started = new Set<number>();
  private model: string | undefined;
  private usage: JsonObject = {};
  private blockReason: string | undefined;

  constructor(private readonly context: AnswerContext) {}

  push(event: SseEvent): ChatCompletionChunk[] {
    const body = parseEvent(event);
    this.model ??= textOf(body['modelVersion']);
    this.blockReason ??= readBlockReason(body);
    // Cumulative counts, of which later events may leave some out: the last of each holds, nothing is summed.
    if (isObject(body['usageMetadata'])) this.usage = { ...this.usage, ...body['usageMetadata'] };
    return objectsIn(body['candidates']).flatMap((candidate, position) => this.readCandidate(candidate, position));
  }

  end(): ChatCompletionChunk[] {
    if (this.candidates.size === 0 && this.blockReason !== undefined) this.candidate(0);
    const candidates = [...this.candidates.values()];
    const isComplete = this.blockReason !== undefined || candidates.every(({ isFinished }) => isFinished);
    if (candidates.length === 0 || !isComplete) throw incomplete();
    const usage = decodeUsage(this.usage);
    return [
      ...candidates.flatMap((candidate) => this.finish(candidate)),
      ...(usage ? [{ ...this.chunk([]), usage }] : []),
    ];
  }

  private candidate(index: number): CandidateReader {
    const known = this.candidates.get(index);
    if (known) return known;
    const opened = new CandidateReader(index, this.context.fallbackId);
    this.candidates.set(index, opened);
    return opened;
  }

  private readCandidate(candidate: JsonObject, position: number): ChatCompletionChunk[] {
    const index = typeof candidate['index'] === 'number' ? candidate['index'] : position;
    const deltas = this.candidate(index).read(candidate);
    const logprobs = decodeLogprobs(candidate['logprobsResult']);
    const choices: ChatChunkChoice[] = deltas.map((delta) => this.choice(index, delta));
    if (logprobs) (choices[0] ??= this.choice(index, {})).logprobs = logprobs;
    return choices.map((choice) => this.chunk([choice]));
  }

  private finish(candidate: CandidateReader): ChatCompletionChunk[] {
    const { index } = candidate;
    const owed = candidate.close().map((delta) => this.choice(index, delta));
    const last = this.choice(index, this.started.has(index) ? {} : { content: '' });
    const choices = [...owed, { ...last, ...candidate.outcome(this.blockReason) }];
    return choices.map((choice) => this.chunk([choice]));
  }

  private choice(index: number, delta: ChatDelta): ChatChunkChoice {
    if (this.started.has(index)) return { index, delta, finish_reason: null };
    this.started.add(index);
    return { index, delta: { role: 'assistant', ...delta }, finish_reason: null };
  }

  private chunk(choices: ChatChunkChoice[]): ChatCompletionChunk {
    const { fallbackId, created, target } = this.context;
    const model = this.model ?? target.upstreamModel;
    return { id: hubAnswerId(fallbackId), object: 'chat.completion.chunk', created, model, choices };
  }
}

function parseEvent(event: SseEvent): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(event.data);
  } catch {
    throw badAnswer('an event of the stream is no JSON');
  }
  throwIfError(body);
  if (!isObject(body)) throw badAnswer('an event of the stream is no JSON object');
  return body;
}

function incomplete(): UpstreamFailureError {
  return new UpstreamFailureError({
    code: 'upstream_incomplete',
    retryable: true,
    upstream: { status: 200, code: null, message: 'the stream ended before the answer was complete' },
  });
}
