import type { ChatChoice, ChatCompletion, ChatToolCall } from '@parley/contracts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { badAnswer } from '../stream-transform.ts';
import { decodeEmbeddedFailure } from './failure.ts';
import { readFinishReason } from './finish.ts';
import { readUsage } from './usage.ts';

/** A whole answer; `faithful` says that it equals what the provider sent, so that its bytes can be relayed. */
export type ReadCompletion = { completion: ChatCompletion; faithful: boolean };

/** Reads a compatible provider's whole answer tolerantly and mends what is missing. */
export function readCompletion(body: unknown, context: AnswerContext): ReadCompletion {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badAnswer('the answer is no JSON object');
  const answer = body as ChatCompletion & { error?: unknown };
  if (answer.error) throw new UpstreamFailureError(decodeEmbeddedFailure(answer));
  if (!Array.isArray(answer.choices) || answer.choices.length === 0) throw badAnswer('the answer holds no choices');
  const choices = answer.choices.map((choice, position) => readChoice(choice, position, context));
  const usage = answer.usage == null ? answer.usage : readUsage(answer.usage);
  const faithful =
    typeof answer.id === 'string' &&
    answer.id !== '' &&
    answer.object === 'chat.completion' &&
    Number.isInteger(answer.created) &&
    typeof answer.model === 'string' &&
    usage === answer.usage &&
    choices.every((choice, position) => choice === answer.choices[position]);
  if (faithful) return { completion: answer, faithful };
  const completion: ChatCompletion = {
    ...answer,
    id: answer.id || context.fallbackId,
    object: 'chat.completion',
    created: Number.isInteger(answer.created) ? answer.created : context.created,
    model: answer.model || context.target.upstreamModel,
    choices,
  };
  if (usage) completion.usage = usage;
  else delete completion.usage;
  return { completion, faithful };
}

function readChoice(choice: ChatChoice, position: number, context: AnswerContext): ChatChoice {
  const message: unknown = (choice as Partial<ChatChoice> | null)?.message;
  if (typeof message !== 'object' || message === null) throw badAnswer('a choice holds no message');
  const { tool_calls: calls } = choice.message;
  if (calls != null && !Array.isArray(calls)) throw badAnswer('the tool calls are no list');
  const fixedCalls = calls?.map((call, index) => readToolCall(call, `${context.fallbackId}_${position}_${index}`));
  const finish =
    readFinishReason(choice.finish_reason, Boolean(calls?.length)) ?? (calls?.length ? 'tool_calls' : 'stop');
  const right =
    choice.index === position &&
    finish === choice.finish_reason &&
    choice.message.role === 'assistant' &&
    choice.message.content !== undefined &&
    (calls?.every((call, index) => call === fixedCalls![index]) ?? true);
  if (right) return choice;
  return {
    ...choice,
    index: position,
    finish_reason: finish,
    message: {
      ...choice.message,
      role: 'assistant',
      content: choice.message.content ?? null,
      ...(fixedCalls && { tool_calls: fixedCalls }),
    },
  };
}

function readToolCall(call: ChatToolCall, suffix: string): ChatToolCall {
  if (typeof call !== 'object' || call === null) throw badAnswer('a tool call is no JSON object');
  if (call.id && call.type === 'function' && typeof call.function?.arguments === 'string') return call;
  const given: unknown = call.function?.arguments;
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return {
    ...call,
    id: call.id || `call_${suffix}`,
    type: 'function',
    function: { ...call.function, name: call.function?.name ?? '', arguments: text },
  };
}
