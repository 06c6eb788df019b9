import type { ChatChunkChoice, ChatCompletionChunk, ChatDelta, ChatLogprobs } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import type { AnswerContext, StreamDecoder } from '../dialect.ts';
import { incompleteAnswer, unreadableAnswer } from '../failures.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';
import type { SseEvent } from '../sse.ts';
import { decodeCitations } from './citations.ts';
import { brokenOff } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { decodeLogprobs } from './logprobs.ts';
import { decodeUsage } from './usage.ts';

/** Reads the events of a streamed answer: https://docs.cohere.com/docs/streaming */
export function openStreamDecoder(context: AnswerContext): StreamDecoder {
  return new CohereStreamDecoder(context);
}

/** A call whose arguments still come. */
type OpenCall = { index: number; hasArguments: boolean };

class CohereStreamDecoder implements StreamDecoder {
  private id: string;
  private roleSent = false;
  private text = '';
  private readonly blockStarts = new Map<unknown, number>();
  private readonly openCalls = new Map<unknown, OpenCall>();
  private callCount = 0;
  private readonly citations: JsonObject[] = [];
  done = false;

  constructor(private readonly context: AnswerContext) {
    this.id = hubAnswerId(context.fallbackId);
  }

  push(event: SseEvent): ChatCompletionChunk[] {
    // Newer streams end with OpenAI's mark; the answer has ended before it.
    if (this.done || event.data === '[DONE]') return [];
    const data = parseEvent(event);
    const message = isObject(data['delta']) && isObject(data['delta']['message']) ? data['delta']['message'] : {};
    switch (data['type']) {
      case 'message-start':
        if (!this.roleSent) this.id = hubAnswerId(textOf(data['id']) ?? this.id);
        return this.deltas([{ content: '' }]);
      case 'content-start':
      case 'content-delta':
        return this.readContent(data['index'], message['content'], data['logprobs']);
      case 'tool-plan-delta':
        return this.deltas(thought(message['tool_plan']));
      case 'tool-call-start':
        return this.deltas(this.startCall(data['index'], message['tool_calls']));
      case 'tool-call-delta':
        return this.deltas(this.extendCall(data['index'], message['tool_calls']));
      case 'tool-call-end':
        return this.deltas(this.endCall(data['index']));
      case 'citation-start':
        this.citations.push(...oneOrMore(message['citations']));
        return [];
      case 'message-end':
        return this.finish(isObject(data['delta']) ? data['delta'] : {});
      default:
        return [];
    }
  }

  end(): ChatCompletionChunk[] {
    if (!this.done) throw incompleteAnswer();
    return [];
  }

  private readContent(index: unknown, content: unknown, logprobs: unknown): ChatCompletionChunk[] {
    if (!isObject(content)) return [];
    const text = textOf(content['text']);
    if (content['type'] === 'text' || text !== undefined) this.openBlock(index);
    if (text === undefined) return this.deltas(thought(content['thinking']));
    this.text += text;
    return this.deltas([{ content: text }], decodeLogprobs(logprobs));
  }

  private openBlock(index: unknown): void {
    if (!this.blockStarts.has(index)) this.blockStarts.set(index, this.text.length);
  }

  private startCall(index: unknown, calls: unknown): ChatDelta[] {
    const [call] = oneOrMore(calls);
    if (!call) return [];
    const called = isObject(call['function']) ? call['function'] : {};
    const position = this.callCount++;
    const given = textOf(called['arguments']);
    this.openCalls.set(index, { index: position, hasArguments: given !== undefined });
    const id = textOf(call['id']) ?? `call_${this.context.fallbackId}_${position}`;
    const started = { name: textOf(called['name']) ?? '', arguments: given ?? '' };
    return [{ tool_calls: [{ index: position, id, type: 'function', function: started }] }];
  }

  private extendCall(index: unknown, calls: unknown): ChatDelta[] {
    const open = this.openCalls.get(index);
    const called = oneOrMore(calls)[0]?.['function'];
    const fragment = isObject(called) ? textOf(called['arguments']) : undefined;
    if (!open || fragment === undefined) return [];
    open.hasArguments = true;
    return [{ tool_calls: [{ index: open.index, function: { arguments: fragment } }] }];
  }

  /** A call without arguments may send none at all, while a client expects an object. */
  private endCall(index: unknown): ChatDelta[] {
    const open = this.openCalls.get(index);
    this.openCalls.delete(index);
    if (!open || open.hasArguments) return [];
    return [{ tool_calls: [{ index: open.index, function: { arguments: '{}' } }] }];
  }

  private finish(ending: JsonObject): ChatCompletionChunk[] {
    const finish = decodeFinish(ending['finish_reason'], this.callCount > 0);
    if (finish === 'error') throw brokenOff(ending, textOf(ending['finish_reason']));
    this.done = true;
    const annotations = decodeCitations(this.citations, this.text, this.blockStarts);
    const owed = [...this.openCalls.keys()].flatMap((index) => this.endCall(index));
    const rest = this.deltas([...owed, ...(annotations.length > 0 ? [{ annotations }] : [])]);
    const last = { ...this.choice(this.roleSent ? {} : { content: '' }), ...finish };
    const usage = decodeUsage(ending['usage']);
    return [...rest, this.chunk([last]), ...(usage ? [{ ...this.chunk([]), usage }] : [])];
  }

  private deltas(deltas: ChatDelta[], logprobs?: ChatLogprobs): ChatCompletionChunk[] {
    return deltas.map((delta) => this.chunk([{ ...this.choice(delta), ...(logprobs && { logprobs }) }]));
  }

  private choice(delta: ChatDelta): ChatChunkChoice {
    if (this.roleSent) return { index: 0, delta, finish_reason: null };
    this.roleSent = true;
    return { index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null };
  }

  private chunk(choices: ChatChunkChoice[]): ChatCompletionChunk {
    const { created, target } = this.context;
    return { id: this.id, object: 'chat.completion.chunk', created, model: target.upstreamModel, choices };
  }
}

function parseEvent(event: SseEvent): JsonObject {
  let data: unknown;
  try {
    data = JSON.parse(event.data);
  } catch {
    throw unreadableAnswer('an event of the stream is no JSON');
  }
  if (!isObject(data)) throw unreadableAnswer('an event of the stream is no JSON object');
  const isTyped = typeof data['type'] === 'string' && data['type'] !== 'error';
  if (event.event === 'error' || (!isTyped && readsAsError(data))) throw brokenOff(data);
  return data;
}

function readsAsError({ type, message, error }: JsonObject): boolean {
  return type === 'error' || typeof message === 'string' || (error !== undefined && error !== null);
}

/** What Cohere streams one by one stands in lists elsewhere. */
function oneOrMore(value: unknown): JsonObject[] {
  return isObject(value) ? [value] : objectsIn(value);
}

function thought(text: unknown): ChatDelta[] {
  const reasoning = textOf(text);
  return reasoning === undefined ? [] : [{ reasoning_content: reasoning }];
}
