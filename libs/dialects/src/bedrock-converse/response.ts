import type { ChatCompletion, ChatToolCall, ReasoningDetail } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';
import { decodeCitations } from './citations.ts';
import { badAnswer, decodeInBandFailure, kindInAnswer } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { encryptedDetail, reasoningDetail } from './reasoning-content.ts';
import { decodeUsage } from './usage.ts';

type Content = {
  text: string;
  reasoning: string;
  details: ReasoningDetail[];
  calls: ChatToolCall[];
  annotations: JsonObject[];
};

/** Reads a body of `POST /model/{id}/converse`. Throws `UpstreamFailureError` for an error inside a 200 and for other shapes. */
export function decodeResponse(body: unknown, context: AnswerContext): ChatCompletion {
  const kind = kindInAnswer(body);
  if (kind !== undefined) throw new UpstreamFailureError(decodeInBandFailure(kind, null));
  const output = isObject(body) ? body['output'] : undefined;
  const message = isObject(output) ? output['message'] : undefined;
  if (!isObject(body) || !isObject(message)) throw new UpstreamFailureError(badAnswer('the answer has no message'));
  const content = decodeContent(objectsIn(message['content']));
  return {
    id: hubAnswerId(context.fallbackId),
    object: 'chat.completion',
    created: context.created,
    model: context.target.upstreamModel,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content.text === '' && content.calls.length > 0 ? null : content.text,
          refusal: null,
          ...(content.reasoning !== '' && { reasoning_content: content.reasoning }),
          ...(content.details.length > 0 && { reasoning_details: content.details }),
          ...(content.calls.length > 0 && { tool_calls: content.calls }),
          ...(content.annotations.length > 0 && { annotations: content.annotations }),
        },
        logprobs: null,
        ...decodeFinish(body['stopReason'], content.calls.length > 0),
      },
    ],
    ...(isObject(body['usage']) && { usage: decodeUsage(body['usage']) }),
  };
}

function decodeContent(blocks: JsonObject[]): Content {
  const content: Content = { text: '', reasoning: '', details: [], calls: [], annotations: [] };
  for (const block of blocks) {
    if (typeof block['text'] === 'string') content.text += block['text'];
    else if (isObject(block['citationsContent'])) addCitedText(content, block['citationsContent']);
    else if (isObject(block['reasoningContent'])) addReasoning(content, block['reasoningContent']);
    else if (isObject(block['toolUse']) && !isServerTool(block['toolUse'])) addCall(content, block['toolUse']);
  }
  return content;
}

/** Calls of tools that Bedrock runs itself are its inner work: the client could not answer them. */
export function isServerTool(toolUse: JsonObject): boolean {
  return toolUse['type'] === 'server_tool_use';
}

function addCitedText(content: Content, cited: JsonObject): void {
  const start = content.text.length;
  for (const part of objectsIn(cited['content'])) content.text += textOr(part['text'], '');
  content.annotations.push(...decodeCitations(objectsIn(cited['citations']), start, content.text.length));
}

function addReasoning(content: Content, reasoning: JsonObject): void {
  const index = content.details.length;
  const { reasoningText, redactedContent } = reasoning;
  if (isObject(reasoningText)) {
    const text = textOr(reasoningText['text'], '');
    content.reasoning += text;
    content.details.push(reasoningDetail(text, textOr(reasoningText['signature'], ''), index));
  } else if (typeof redactedContent === 'string') content.details.push(encryptedDetail(redactedContent, index));
}

function addCall(content: Content, toolUse: JsonObject): void {
  const called = { name: textOr(toolUse['name'], ''), arguments: JSON.stringify(toolUse['input'] ?? {}) };
  content.calls.push({ id: textOr(toolUse['toolUseId'], ''), type: 'function', function: called });
}
