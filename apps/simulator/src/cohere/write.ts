import { type Answer, type Frame, type Identity, splitFragments, splitWords, type Usage } from '../answer.ts';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';

const FINISH: Record<Answer['finish'], string> = {
  stop: 'COMPLETE',
  length: 'MAX_TOKENS',
  tool_calls: 'TOOL_CALL',
  content_filter: 'ERROR_TOXIC',
};

export function writeWhole(_ask: Ask, answer: Answer, { serial }: Identity): string {
  const { plan, text } = wordsOf(answer);
  const content = [
    ...(answer.reasoning === '' ? [] : [{ type: 'thinking', thinking: answer.reasoning }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
  ];
  const message = {
    role: 'assistant',
    ...(content.length > 0 && { content }),
    ...(plan !== '' && { tool_plan: plan }),
    ...(answer.toolCalls.length > 0 && { tool_calls: answer.toolCalls.map(writeCall) }),
  };
  return JSON.stringify({ id: idOf(serial), message, ...ending(answer) });
}

export function writeStream(_ask: Ask, answer: Answer, { serial }: Identity): Frame[] {
  const { plan, text } = wordsOf(answer);
  const start = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
  const blocks = [
    { type: 'thinking', words: splitWords(answer.reasoning) },
    { type: 'text', words: splitWords(text) },
  ].filter(({ words }) => words.length > 0);
  return [
    frame('message-start', { id: idOf(serial), delta: { message: start } }),
    ...blocks.flatMap(({ type, words }, index) => writeBlock(type, words, index)),
    ...splitWords(plan).map((word) => delta('tool-plan-delta', { tool_plan: word })),
    ...answer.toolCalls.flatMap(writeCallFrames),
    frame('message-end', { delta: ending(answer) }),
    { wire: 'data: [DONE]\n\n', isDelta: false },
  ];
}

function writeBlock(type: string, words: string[], index: number): Frame[] {
  return [
    frame('content-start', { index, delta: { message: { content: { type, [type]: '' } } } }),
    ...words.map((word) => delta('content-delta', { content: { [type]: word } }, index)),
    frame('content-end', { index }),
  ];
}

function writeCallFrames(call: Answer['toolCalls'][number], index: number): Frame[] {
  const written = writeCall(call);
  const fragments = splitFragments(JSON.stringify(call.arguments));
  return [
    delta('tool-call-start', { tool_calls: { ...written, function: { name: call.name, arguments: '' } } }, index),
    ...fragments.map((part) => delta('tool-call-delta', { tool_calls: { function: { arguments: part } } }, index)),
    frame('tool-call-end', { index }),
  ];
}

function delta(type: string, message: JsonObject, index?: number): Frame {
  return { ...frame(type, { ...(index !== undefined && { index }), delta: { message } }), isDelta: true };
}

function frame(type: string, fields: JsonObject): Frame {
  return { wire: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, isDelta: false };
}

/** What is said before a call is its plan; refusals are words like others. */
function wordsOf(answer: Answer): { plan: string; text: string } {
  const words = answer.text + (answer.refusal ?? '');
  return answer.toolCalls.length > 0 ? { plan: words, text: '' } : { plan: '', text: words };
}

function writeCall(call: Answer['toolCalls'][number]): JsonObject {
  const called = { name: call.name, arguments: JSON.stringify(call.arguments) };
  return { id: `${call.name}_${call.id}`, type: 'function', function: called };
}

function ending({ finish, usage }: Answer): JsonObject {
  return { finish_reason: FINISH[finish], ...(usage && { usage: writeUsage(usage) }) };
}

function writeUsage(usage: Usage): JsonObject {
  return {
    billed_units: { input_tokens: usage.input, output_tokens: usage.output },
    tokens: { input_tokens: usage.input, output_tokens: usage.output, reasoning_tokens: usage.reasoning },
    cached_tokens: usage.cached,
  };
}

const idOf = (serial: string): string => `00000000-0000-4000-8000-${serial.padStart(12, '0')}`;
