import type { ChatDelta, ChatLogprobs, ChatToolCallDelta } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import type { AnswerContext } from '../dialect.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';

export type AnswerIdentity = { id: string; created: number; model: string };

/** A piece of the answer. */
export type Piece = { delta: ChatDelta; logprobs?: ChatLogprobs };

/**
 * Reads the documents of one answer, of which a whole answer is a single one. Whole answers are folded from the same
 * pieces as streams, so that the two cannot differ.
 */
export class AnswerReader {
  private callCount = 0;
  private readonly callIds = new Set<string>();
  private known: AnswerIdentity | undefined;

  constructor(private readonly context: AnswerContext) {}

  get hasToolCalls(): boolean {
    return this.callCount > 0;
  }

  /** Ollama gives answers no id. */
  get identity(): AnswerIdentity {
    const { fallbackId, created, target } = this.context;
    return this.known ?? { id: hubAnswerId(fallbackId), created, model: target.upstreamModel };
  }

  /** Undefined where the document says nothing of the answer itself, as the last one of a stream. */
  read(document: JsonObject): Piece | undefined {
    this.known ??= this.identify(document);
    const message = isObject(document['message']) ? document['message'] : {};
    const content = textOf(message['content']);
    const thinking = textOf(message['thinking']);
    const calls = objectsIn(message['tool_calls']).map((call) => this.readCall(call));
    const logprobs = readLogprobs(document['logprobs']);
    if (content === undefined && thinking === undefined && calls.length === 0 && !logprobs) return undefined;
    const delta: ChatDelta = {
      ...(thinking !== undefined && { reasoning_content: thinking }),
      ...(content !== undefined && { content }),
      ...(calls.length > 0 && { tool_calls: calls }),
    };
    return { delta, ...(logprobs && { logprobs }) };
  }

  private identify(document: JsonObject): AnswerIdentity {
    const { id, created, model } = this.identity;
    const createdAtMs = Date.parse(textOf(document['created_at']) ?? '');
    return {
      id,
      created: Number.isNaN(createdAtMs) ? created : Math.floor(createdAtMs / 1000),
      model: textOf(document['model']) ?? model,
    };
  }

  /** A call comes whole. Its own `index` starts anew with each document, and older servers give no id. */
  private readCall(call: JsonObject): ChatToolCallDelta {
    const called = isObject(call['function']) ? call['function'] : {};
    const index = this.callCount++;
    const given = textOf(call['id']);
    const id = given !== undefined && !this.callIds.has(given) ? given : `call_${this.context.fallbackId}_${index}`;
    this.callIds.add(id);
    return {
      index,
      id,
      type: 'function',
      function: { name: textOf(called['name']) ?? '', arguments: encodeArguments(called['arguments']) },
    };
  }
}

function encodeArguments(given: unknown): string {
  return typeof given === 'string' && given.trim() !== '' ? given : JSON.stringify(isObject(given) ? given : {});
}

/** https://docs.ollama.com/api/chat: the entries are as OpenAI's. */
function readLogprobs(entries: unknown): ChatLogprobs | undefined {
  const content = objectsIn(entries).map((entry) => ({
    token: textOf(entry['token']) ?? '',
    logprob: entry['logprob'],
    bytes: Array.isArray(entry['bytes']) ? entry['bytes'] : null,
    top_logprobs: objectsIn(entry['top_logprobs']),
  }));
  return content.length > 0 ? { content, refusal: null } : undefined;
}
