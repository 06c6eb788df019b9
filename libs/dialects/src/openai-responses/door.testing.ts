import type { ChatCompletion, ChatCompletionChunk, ChatDelta, ReasoningDetail } from '@parley/contracts';
import fc from 'fast-check';
import { SseReader } from '../sse.ts';
import type { JsonObject } from '../json-values.ts';

export const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const words = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const detail = fc.oneof(
  fc.record<ReasoningDetail>({
    type: fc.constant('reasoning.text'),
    text: words,
    signature: fc.base64String({ minLength: 4 }),
    format: fc.constant('anthropic-claude-v1'),
  }),
  fc.record<ReasoningDetail>({
    type: fc.constant('reasoning.encrypted'),
    data: fc.base64String({ minLength: 4 }),
    id: fc.constantFrom('call_0', 'call_1'),
    format: fc.constant('google-gemini-v1'),
  }),
);

type Said = { thought: string; details: ReasoningDetail[]; text: string; calls: { name: string; city: string }[] };

const said = fc.record<Said>({
  thought: fc.oneof(fc.constant(''), words),
  details: fc.array(detail, { maxLength: 3 }),
  text: fc.oneof(fc.constant(''), words),
  calls: fc.array(fc.record({ name: fc.constantFrom('f', 'mcp__g'), city: words }), { maxLength: 3 }),
});

/** Any answer that a provider could give, with something in it. */
export const completions: fc.Arbitrary<ChatCompletion> = said
  .filter(({ text, calls }) => text !== '' || calls.length > 0)
  .map(({ thought, details, text, calls }) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 7,
    model: 'upstream',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          ...(thought !== '' && { reasoning_content: thought }),
          ...(details.length > 0 && { reasoning_details: details }),
          ...(calls.length > 0 && {
            tool_calls: calls.map(({ name, city }, index) => ({
              id: `call_${index}`,
              type: 'function' as const,
              function: { name, arguments: JSON.stringify({ city }) },
            })),
          }),
        },
        finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
      },
    ],
    usage,
  }));

/** The chunks in which an answer could come, each text in two pieces. */
export function chunksOf({ id, created, model, choices: [choice] }: ChatCompletion): ChatCompletionChunk[] {
  const { message, finish_reason: finish } = choice!;
  const halves = (text: string | null | undefined): string[] => {
    const whole = text ?? '';
    const middle = Math.ceil(whole.length / 2);
    return [whole.slice(0, middle), whole.slice(middle)].filter((half) => half !== '');
  };
  const deltas: ChatDelta[] = [
    { role: 'assistant' },
    ...halves(message.reasoning_content).map((text) => ({ reasoning_content: text })),
    ...(message.reasoning_details ?? []).map((one) => ({ reasoning_details: [one] })),
    ...halves(message.content).map((text) => ({ content: text })),
    ...halves(message.refusal).map((text) => ({ refusal: text })),
    ...(message.tool_calls ?? []).flatMap(({ id: callId, type, function: called }, index) => [
      { tool_calls: [{ index, id: callId, type, function: { name: called.name, arguments: '' } }] },
      ...halves(called.arguments).map((text) => ({ tool_calls: [{ index, function: { arguments: text } }] })),
    ]),
  ];
  const frame = { id, object: 'chat.completion.chunk' as const, created, model };
  return [
    ...deltas.map((delta) => ({ ...frame, choices: [{ index: 0, delta, finish_reason: null }] })),
    { ...frame, choices: [{ index: 0, delta: {}, finish_reason: finish }] },
    { ...frame, choices: [], usage },
  ];
}

export type SeenEvent = {
  type: string;
  sequence_number: number;
  response?: JsonObject;
  item?: JsonObject;
} & JsonObject;

/** The events of a stream; throws where a name and a type differ. */
export function readEvents(text: string): SeenEvent[] {
  const reader = new SseReader();
  return [...reader.push(Buffer.from(text)), ...reader.end()].map(({ event, data }) => {
    const value = JSON.parse(data) as SeenEvent;
    if (event !== value.type) throw new Error(`the event "${event}" says that it is "${value.type}"`);
    return value;
  });
}
