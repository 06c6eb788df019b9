import type { ChatAnswerMessage, ChatChoice, ChatCompletion, ChatToolCall } from '@parley/contracts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { badAnswer } from '../stream-transform.ts';
import { readCitations } from './citations.ts';
import { decodeEmbeddedFailure, failureOfChoice, isFailure } from './failure.ts';
import { readFinishReason } from './finish.ts';
import { unifyReasoning } from './reasoning.ts';
import { withReportedCost } from './reported-cost.ts';
import { isBlank, isForeignCall, NO_ARGUMENTS } from './tool-arguments.ts';
import { readUsage } from './usage.ts';

/** A whole answer; `faithful` says that it equals what the provider sent, so that its bytes can be relayed. */
export type ReadCompletion = { completion: ChatCompletion; faithful: boolean };

/** Reads a compatible provider's whole answer tolerantly and mends what is missing. */
export function readCompletion(body: unknown, context: AnswerContext): ReadCompletion {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badAnswer('the answer is no JSON object');
  const answer = body as ChatCompletion & { error?: unknown };
  if (isFailure(answer)) throw new UpstreamFailureError(decodeEmbeddedFailure(answer));
  if (!Array.isArray(answer.choices) || answer.choices.length === 0) throw badAnswer('the answer holds no choices');
  const citations = readCitations(answer);
  const choices = answer.choices.map((choice, position) => readChoice(choice, position, citations, context));
  const usage = answer.usage == null ? answer.usage : readUsage(answer.usage);
  const faithful =
    typeof answer.id === 'string' &&
    answer.id !== '' &&
    answer.object === 'chat.completion' &&
    Number.isInteger(answer.created) &&
    typeof answer.model === 'string' &&
    usage === answer.usage &&
    choices.every((choice, position) => choice === answer.choices[position]);
  const counted = usage && withReportedCost(usage);
  if (faithful) return { completion: counted === usage ? answer : { ...answer, usage: counted }, faithful };
  const completion: ChatCompletion = {
    ...answer,
    id: answer.id || context.fallbackId,
    object: 'chat.completion',
    created: Number.isInteger(answer.created) ? answer.created : context.created,
    model: answer.model || context.target.upstreamModel,
    choices,
  };
  if (counted) completion.usage = counted;
  else delete completion.usage;
  return { completion, faithful };
}

function readChoice(choice: ChatChoice, position: number, citations: object[], context: AnswerContext): ChatChoice {
  const failure = failureOfChoice(choice);
  if (failure) throw new UpstreamFailureError(failure);
  const given = messageOf(choice);
  const { tool_calls: calls } = given;
  if (calls != null && !Array.isArray(calls)) throw badAnswer('the tool calls are no list');
  const fixedCalls = calls?.map((call, index) => readToolCall(call, `${context.fallbackId}_${position}_${index}`));
  const finish =
    readFinishReason(choice.finish_reason, Boolean(calls?.length)) ?? (calls?.length ? 'tool_calls' : 'stop');
  const message = unifyReasoning(given);
  const cites = citations.length > 0 && message.annotations == null;
  const right =
    choice.index === position &&
    finish === choice.finish_reason &&
    message === choice.message &&
    message.role === 'assistant' &&
    message.content !== undefined &&
    !cites &&
    (calls?.every((call, index) => call === fixedCalls![index]) ?? true);
  if (right) return choice;
  return {
    ...choice,
    index: position,
    finish_reason: finish,
    message: {
      ...message,
      role: 'assistant',
      content: message.content ?? null,
      ...(fixedCalls && { tool_calls: fixedCalls }),
      ...(cites && { annotations: citations }),
    },
  };
}

/** An answer that the provider's filter took away has no message at all (Azure). */
function messageOf(choice: ChatChoice): ChatAnswerMessage {
  const message: unknown = (choice as Partial<ChatChoice> | null)?.message;
  if (typeof message === 'object' && message !== null) return message as ChatAnswerMessage;
  if (message === undefined && choice?.finish_reason === 'content_filter') return { role: 'assistant', content: null };
  throw badAnswer('a choice holds no message');
}

function readToolCall(call: ChatToolCall, suffix: string): ChatToolCall {
  if (typeof call !== 'object' || call === null) throw badAnswer('a tool call is no JSON object');
  if (isForeignCall(call)) return call;
  const given: unknown = call.function?.arguments;
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  if (call.id && call.type === 'function' && given === text && !isBlank(text)) return call;
  return {
    ...call,
    id: call.id || `call_${suffix}`,
    type: 'function',
    function: { ...call.function, name: call.function?.name ?? '', arguments: isBlank(text) ? NO_ARGUMENTS : text },
  };
}
