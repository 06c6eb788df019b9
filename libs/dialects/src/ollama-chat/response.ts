import type { ChatCompletion, ChatToolCall, ChatToolCallDelta } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { unreadableAnswer } from '../failures.ts';
import { isObject } from '../json-values.ts';
import { AnswerReader } from './answer-reader.ts';
import { throwIfError } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';

/** Reads a whole answer. Throws `UpstreamFailureError` for an error inside a 200 and for other shapes. */
export function decodeResponse(body: unknown, context: AnswerContext): ChatCompletion {
  throwIfError(body);
  if (!isObject(body) || !isObject(body['message'])) throw unreadableAnswer('the answer has no message');
  const reader = new AnswerReader(context);
  const { delta, logprobs } = reader.read(body) ?? { delta: {} };
  const { tool_calls: calls, reasoning_content: reasoning, content } = delta;
  const usage = decodeUsage(body);
  return {
    ...reader.identity,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content ?? (calls ? null : ''),
          ...(reasoning != null && { reasoning_content: reasoning }),
          ...(calls && { tool_calls: calls.map(toToolCall) }),
        },
        logprobs: logprobs ?? null,
        ...decodeFinish(body['done_reason'], reader.hasToolCalls),
      },
    ],
    ...(usage && { usage }),
  };
}

function toToolCall({ id = '', function: called }: ChatToolCallDelta): ChatToolCall {
  return { id, type: 'function', function: { name: called?.name ?? '', arguments: called?.arguments ?? '{}' } };
}
