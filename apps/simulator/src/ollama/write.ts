import { type Answer, type Frame, type Identity, splitWords } from '../answer.ts';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';

const DURATION_NS = 1_000_000;

export function writeWhole(ask: Ask, answer: Answer, identity: Identity): string {
  const message = {
    role: 'assistant',
    content: textOf(answer),
    ...(answer.reasoning !== '' && { thinking: answer.reasoning }),
    ...(answer.toolCalls.length > 0 && { tool_calls: answer.toolCalls.map(writeCall) }),
  };
  return JSON.stringify({ ...head(ask, identity), message, ...ending(answer) });
}

/** One document per delta; calls come whole, and the last document has the figures. */
export function writeStream(ask: Ask, answer: Answer, identity: Identity): Frame[] {
  const start = head(ask, identity);
  const frame = (message: JsonObject): Frame => ({
    wire: `${JSON.stringify({ ...start, message: { role: 'assistant', ...message }, done: false })}\n`,
    isDelta: true,
  });
  const last = { ...start, message: { role: 'assistant', content: '' }, ...ending(answer) };
  return [
    ...splitWords(answer.reasoning).map((word) => frame({ content: '', thinking: word })),
    ...splitWords(textOf(answer)).map((word) => frame({ content: word })),
    ...answer.toolCalls.map((call, index) => frame({ content: '', tool_calls: [writeCall(call, index)] })),
    { wire: `${JSON.stringify(last)}\n`, isDelta: false },
  ];
}

/** Ollama has no refusals: they are words like others. */
function textOf(answer: Answer): string {
  return answer.text + (answer.refusal ?? '');
}

function head(ask: Ask, { createdSeconds }: Identity): JsonObject {
  return { model: ask.model, created_at: new Date(createdSeconds * 1000).toISOString() };
}

function writeCall(call: Answer['toolCalls'][number], index: number): JsonObject {
  return { id: `call_${call.id}`, function: { index, name: call.name, arguments: call.arguments } };
}

/** `stop` also where tools are called or nothing may be said; counts of zero are left out. */
function ending({ finish, usage }: Answer): JsonObject {
  return {
    done: true,
    done_reason: finish === 'length' ? 'length' : 'stop',
    total_duration: 4 * DURATION_NS,
    load_duration: DURATION_NS,
    ...(usage && usage.input > 0 && { prompt_eval_count: usage.input }),
    prompt_eval_duration: DURATION_NS,
    ...(usage && usage.output > 0 && { eval_count: usage.output }),
    eval_duration: DURATION_NS,
  };
}
