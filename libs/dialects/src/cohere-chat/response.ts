import type { ChatCompletion, ChatToolCall } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import type { AnswerContext } from '../dialect.ts';
import { unreadableAnswer } from '../failures.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';
import { decodeCitations } from './citations.ts';
import { brokenOff } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { decodeLogprobs } from './logprobs.ts';
import { decodeUsage } from './usage.ts';

/** Reads a whole answer. Throws `UpstreamFailureError` for an answer that was not completed and for other shapes. */
export function decodeResponse(body: unknown, context: AnswerContext): ChatCompletion {
  if (!isObject(body)) throw unreadableAnswer('the answer is no JSON object');
  const { message } = body;
  if (typeof message === 'string' || body['error'] !== undefined) throw brokenOff(body);
  if (!isObject(message)) throw unreadableAnswer('the answer has no message');
  const calls = objectsIn(message['tool_calls']).map((call, index) => decodeCall(call, index, context));
  const finish = decodeFinish(body['finish_reason'], calls.length > 0);
  if (finish === 'error') throw brokenOff(body, textOf(body['finish_reason']));
  const { text, thoughts, blockStarts } = readContent(message['content']);
  const reasoning = thoughts + (textOf(message['tool_plan']) ?? '');
  const annotations = decodeCitations(objectsIn(message['citations']), text, blockStarts);
  const usage = decodeUsage(body['usage']);
  return {
    id: hubAnswerId(textOf(body['id']) ?? context.fallbackId),
    object: 'chat.completion',
    created: context.created,
    // Cohere does not say which model answered.
    model: context.target.upstreamModel,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          ...(reasoning !== '' && { reasoning_content: reasoning }),
          ...(calls.length > 0 && { tool_calls: calls }),
          ...(annotations.length > 0 && { annotations }),
        },
        logprobs: decodeLogprobs(body['logprobs'] ?? []) ?? null,
        ...finish,
      },
    ],
    ...(usage && { usage }),
  };
}

function readContent(content: unknown): { text: string; thoughts: string; blockStarts: Map<unknown, number> } {
  const blockStarts = new Map<unknown, number>();
  let text = '';
  let thoughts = '';
  for (const [index, block] of (Array.isArray(content) ? content : []).entries()) {
    if (!isObject(block)) continue;
    if (block['type'] === 'thinking') thoughts += textOf(block['thinking']) ?? '';
    if (block['type'] !== 'text') continue;
    blockStarts.set(index, text.length);
    text += textOf(block['text']) ?? '';
  }
  return { text, thoughts, blockStarts };
}

function decodeCall(call: JsonObject, index: number, { fallbackId }: AnswerContext): ChatToolCall {
  const called = isObject(call['function']) ? call['function'] : {};
  return {
    id: textOf(call['id']) ?? `call_${fallbackId}_${index}`,
    type: 'function',
    function: { name: textOf(called['name']) ?? '', arguments: textOf(called['arguments']) ?? '{}' },
  };
}
