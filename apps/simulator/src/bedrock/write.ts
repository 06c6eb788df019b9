import { EventStreamCodec } from '@smithy/eventstream-codec';
import { type Answer, type Frame, signReasoning, splitFragments, splitWords, type Usage } from '../answer.ts';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';

const STOP_REASONS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'content_filtered',
};

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

export function writeWhole(_ask: Ask, answer: Answer): string {
  return JSON.stringify({
    metrics: { latencyMs: 1 },
    output: { message: { content: writeContent(answer), role: 'assistant' } },
    stopReason: stopReasonOf(answer),
    ...(answer.usage && { usage: writeUsage(answer.usage) }),
  });
}

/** Frames of a stream: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export function writeStream(_ask: Ask, answer: Answer): Frame[] {
  const frames = [event('messageStart', { role: 'assistant' })];
  for (const [contentBlockIndex, block] of blocksOf(answer).entries()) {
    if (block.start) frames.push(event('contentBlockStart', { contentBlockIndex, start: block.start }));
    for (const delta of block.deltas) {
      frames.push({ ...event('contentBlockDelta', { contentBlockIndex, delta }), isDelta: true });
    }
    frames.push(event('contentBlockStop', { contentBlockIndex }));
  }
  frames.push(event('messageStop', { stopReason: stopReasonOf(answer) }));
  const usage = answer.usage && { usage: writeUsage(answer.usage) };
  frames.push(event('metadata', { metrics: { latencyMs: 1 }, ...usage }));
  return frames;
}

export function writeStreamFailure(): string {
  const message = 'The service is currently unavailable.';
  return frame({ ':exception-type': 'serviceUnavailableException', ':message-type': 'exception' }, { message });
}

/** `p` is what Bedrock fills its frames up with, so that their sizes tell nothing of the words. */
function event(type: string, payload: JsonObject): Frame {
  const padding = 'abcdefghijklmnopqrstuvwxyz'.slice(0, 1 + (JSON.stringify(payload).length % 26));
  return { wire: frame({ ':event-type': type, ':message-type': 'event' }, { ...payload, p: padding }), isDelta: false };
}

/** Binary, as text of one character a byte. */
function frame(headers: Record<string, string>, payload: JsonObject): string {
  const all = Object.entries({ ':content-type': 'application/json', ...headers });
  const typed = all.map(([name, value]) => [name, { type: 'string', value }] as const);
  const body = Buffer.from(JSON.stringify(payload));
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body })).toString('latin1');
}

/** Bedrock has no word for a refusal: the model's words are ordinary text. */
function textOf(answer: Answer): string {
  return answer.text + (answer.refusal ?? '');
}

function stopReasonOf(answer: Answer): string {
  return answer.refusal === null ? STOP_REASONS[answer.finish] : STOP_REASONS.content_filter;
}

function writeContent(answer: Answer): JsonObject[] {
  const { reasoning } = answer;
  const text = textOf(answer);
  const reasoningText = { text: reasoning, signature: signReasoning(reasoning) };
  return [
    ...(reasoning === '' ? [] : [{ reasoningContent: { reasoningText } }]),
    ...(text === '' ? [] : [{ text }]),
    ...answer.toolCalls.map((call) => ({
      toolUse: { toolUseId: `tooluse_${call.id}`, name: call.name, input: call.arguments },
    })),
  ];
}

/** Only tools have a start; a call without arguments has no delta. */
function blocksOf(answer: Answer): { start?: JsonObject; deltas: JsonObject[] }[] {
  const blocks: { start?: JsonObject; deltas: JsonObject[] }[] = [];
  if (answer.reasoning !== '') {
    const words = splitWords(answer.reasoning).map((text) => ({ reasoningContent: { text } }));
    const signature = signReasoning(answer.reasoning);
    blocks.push({ deltas: [...words, { reasoningContent: { signature } }] });
  }
  const text = textOf(answer);
  if (text !== '') blocks.push({ deltas: splitWords(text).map((word) => ({ text: word })) });
  for (const call of answer.toolCalls) {
    const json = JSON.stringify(call.arguments);
    const fragments = json === '{}' ? [] : splitFragments(json);
    blocks.push({
      start: { toolUse: { toolUseId: `tooluse_${call.id}`, name: call.name } },
      deltas: fragments.map((input) => ({ toolUse: { input } })),
    });
  }
  return blocks;
}

/** `inputTokens` leaves out what was read from the cache; reasoning is part of `outputTokens` and not told apart. */
function writeUsage(usage: Usage): JsonObject {
  return {
    inputTokens: Math.max(0, usage.input - usage.cached),
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output,
    cacheReadInputTokens: usage.cached,
    cacheWriteInputTokens: 0,
    serverToolUsage: {},
  };
}
