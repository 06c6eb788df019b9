import type { ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import type { AnswerContext, StreamDecoder } from '../dialect.ts';
import { EventRelay, type EventWatcher, type RelayFormat } from '../event-relay.ts';
import { EventTemplates } from '../event-template.ts';
import type { SseEvent } from '../sse.ts';
import { noteChunk, type StreamFacts, type StreamTransform } from '../stream-transform.ts';
import type { AnswerFrames } from './door-frames.ts';
import { openStreamDecoder } from './stream.ts';

const EVENTS: RelayFormat = {
  templates: new EventTemplates({
    text: ['text'],
    // Every event counts what came so far, and repeats the prompt's counts, which seldom change:
    // https://ai.google.dev/api/generate-content#UsageMetadata
    numbers: ['candidatesTokenCount', 'thoughtsTokenCount', 'totalTokenCount'],
  }),
  keepsPassed: true,
  // An event may hold a picture.
  maxEventBytes: 32 * 1024 * 1024,
};
const FINISH = '"finishReason"';

/**
 * Gemini's stream towards a Gemini client: its events go on as the bytes that they are, and the dialect's decoder reads
 * along for usage and failures. Clients that want an array get the JSON text of each event as one of its elements.
 */
export class GeminiRelay implements StreamTransform, EventWatcher {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  readonly keepsComments: boolean;
  /** Only the end of the connection ends this format's streams. */
  readonly isDone = false;
  private readonly events = new EventRelay(this, EVENTS);
  private readonly decoder: StreamDecoder;
  private hasGrown = false;

  constructor(
    context: AnswerContext,
    private readonly frames: AnswerFrames,
  ) {
    this.decoder = openStreamDecoder(context);
    this.keepsComments = frames.form === 'events';
  }

  push(bytes: Buffer): Buffer | null {
    return this.events.push(bytes);
  }

  end(_estimateUsage: () => ChatUsage): Buffer | null {
    const rest = this.events.end();
    const passed = this.events.takePassed();
    // For its counts alone: its text was noted when it passed.
    if (passed) this.decoder.push(passed);
    for (const chunk of this.decoder.end()) noteChunk(this.facts, chunk);
    this.facts.done = true;
    const ending = Buffer.from(this.frames.end());
    return rest ? Buffer.concat([rest, ending]) : ending;
  }

  watch(event: SseEvent): string | undefined {
    const chunks = this.decoder.push(event);
    for (const chunk of chunks) noteChunk(this.facts, chunk);
    if (this.frames.form === 'array') return this.frames.write(event.data);
    this.hasGrown = chunks.length > 0 && chunks.every(isTextOnly) && !event.data.includes(FINISH);
    return undefined;
  }

  isRepeatable(): boolean {
    return this.hasGrown;
  }

  notePassed(chars: number): void {
    this.facts.outputChars += chars;
  }
}

/** A call or a picture is whole in its event: another one says more than its text. */
const isTextOnly = ({ choices }: ChatCompletionChunk): boolean =>
  choices.every(({ delta }) => {
    const { role: _role, content, reasoning_content: thought, ...others } = delta;
    return Boolean(content ?? thought) && Object.keys(others).length === 0;
  });
