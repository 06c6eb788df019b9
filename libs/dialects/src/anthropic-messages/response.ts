import type { ChatCompletion, ChatToolCall, ReasoningDetail } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { decodeCitations } from './citations.ts';
import { badAnswer, decodeInBandFailure } from './failure.ts';
import { decodeFinish, decodeRefusal } from './finish.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';
import { redactedDetail, thinkingDetail } from './reasoning-details.ts';
import { decodeUsage } from './usage.ts';

type Content = {
  text: string;
  reasoning: string;
  details: ReasoningDetail[];
  calls: ChatToolCall[];
  annotations: JsonObject[];
};

/** Reads a body of `POST /v1/messages`. Throws `UpstreamFailureError` for an error inside a 200 and for other shapes. */
export function decodeResponse(body: unknown, context: AnswerContext): ChatCompletion {
  if (!isObject(body)) throw new UpstreamFailureError(badAnswer('the answer is no JSON object'));
  if (body['type'] === 'error' || isObject(body['error'])) throw new UpstreamFailureError(decodeInBandFailure(body));
  if (!Array.isArray(body['content'])) throw new UpstreamFailureError(badAnswer('the answer has no content'));
  const content = decodeContent(objectsIn(body['content']));
  const refusal = decodeRefusal(body);
  const silent = content.text === '' && (content.calls.length > 0 || refusal !== null);
  return {
    id: hubAnswerId(textOr(body['id'], context.fallbackId)),
    object: 'chat.completion',
    created: context.created,
    model: textOr(body['model'], context.target.upstreamModel),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: silent ? null : content.text,
          refusal,
          ...(content.reasoning !== '' && { reasoning_content: content.reasoning }),
          ...(content.details.length > 0 && { reasoning_details: content.details }),
          ...(content.calls.length > 0 && { tool_calls: content.calls }),
          ...(content.annotations.length > 0 && { annotations: content.annotations }),
        },
        logprobs: null,
        ...decodeFinish(body['stop_reason'], content.calls.length > 0),
      },
    ],
    ...(isObject(body['usage']) && { usage: decodeUsage(body['usage']) }),
  };
}

/** Blocks of the provider's own tools are its inner work: they are no calls for the client, and are left out. */
function decodeContent(blocks: JsonObject[]): Content {
  const content: Content = { text: '', reasoning: '', details: [], calls: [], annotations: [] };
  for (const block of blocks) {
    if (block['type'] === 'text') {
      const start = content.text.length;
      content.text += textOr(block['text'], '');
      content.annotations.push(...decodeCitations(objectsIn(block['citations']), start, content.text.length));
    } else if (block['type'] === 'thinking') {
      const thought = textOr(block['thinking'], '');
      content.reasoning += thought;
      content.details.push(thinkingDetail(thought, textOr(block['signature'], ''), content.details.length));
    } else if (block['type'] === 'redacted_thinking') {
      content.details.push(redactedDetail(textOr(block['data'], ''), content.details.length));
    } else if (block['type'] === 'tool_use') {
      const call = { name: textOr(block['name'], ''), arguments: JSON.stringify(block['input'] ?? {}) };
      content.calls.push({ id: textOr(block['id'], ''), type: 'function', function: call });
    }
  }
  return content;
}
