import {
  type Answer,
  type Frame,
  type Identity,
  signReasoning,
  splitFragments,
  splitWords,
  type Usage,
} from '../answer.ts';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'refusal' };

export function writeWhole(ask: Ask, answer: Answer, identity: Identity): string {
  return JSON.stringify({
    ...startMessage(ask, identity),
    content: writeContent(answer),
    ...stopOf(answer),
    ...(answer.usage && { usage: writeUsage(answer.usage) }),
  });
}

/** Frames of a stream, in the order of https://docs.anthropic.com/en/docs/build-with-claude/streaming */
export function writeStream(ask: Ask, answer: Answer, identity: Identity): Frame[] {
  const { usage } = answer;
  const message = {
    ...startMessage(ask, identity),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    ...(usage && { usage: { ...writeUsage(usage), output_tokens: 1 } }),
  };
  const frames = [frame('message_start', { message }), frame('ping', {})];
  for (const [index, block] of blockFrames(answer).entries()) {
    frames.push(frame('content_block_start', { index, content_block: block.start }));
    const head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`;
    for (const delta of block.deltas) frames.push({ wire: `${head}${delta}}\n\n`, isDelta: true });
    frames.push(frame('content_block_stop', { index }));
  }
  const { stop_reason, stop_sequence, stop_details } = stopOf(answer);
  const final = {
    delta: { stop_reason, stop_sequence, stop_details },
    ...(usage && { usage: writeFinalUsage(usage) }),
  };
  frames.push(frame('message_delta', final), frame('message_stop', {}));
  return frames;
}

function frame(type: string, fields: JsonObject): Frame {
  return { wire: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, isDelta: false };
}

function startMessage(ask: Ask, identity: Identity): JsonObject {
  return { model: ask.model, id: `msg_sim${identity.serial}`, type: 'message', role: 'assistant' };
}

function stopOf(answer: Answer): { stop_reason: string; stop_sequence: null; stop_details: JsonObject | null } {
  const isRefusal = answer.refusal !== null || answer.finish === 'content_filter';
  return {
    stop_reason: isRefusal ? 'refusal' : STOP_REASONS[answer.finish],
    stop_sequence: null,
    stop_details: isRefusal ? { type: 'refusal', category: null, explanation: null } : null,
  };
}

/** Anthropic has no refusal field: the words of a refusal are ordinary text. */
function textOf(answer: Answer): string {
  return answer.text + (answer.refusal ?? '');
}

function writeContent(answer: Answer): JsonObject[] {
  const { reasoning } = answer;
  const text = textOf(answer);
  return [
    ...(reasoning === '' ? [] : [{ type: 'thinking', thinking: reasoning, signature: signReasoning(reasoning) }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...answer.toolCalls.map((call) => ({
      type: 'tool_use',
      id: `toolu_${call.id}`,
      name: call.name,
      input: call.arguments,
    })),
  ];
}

function blockFrames(answer: Answer): { start: JsonObject; deltas: string[] }[] {
  const blocks: { start: JsonObject; deltas: string[] }[] = [];
  if (answer.reasoning !== '') {
    const signature = JSON.stringify({ type: 'signature_delta', signature: signReasoning(answer.reasoning) });
    const words = splitWords(answer.reasoning).map(
      (word) => `{"type":"thinking_delta","thinking":${JSON.stringify(word)}}`,
    );
    blocks.push({ start: { type: 'thinking', thinking: '', signature: '' }, deltas: [...words, signature] });
  }
  const text = textOf(answer);
  if (text !== '') {
    const deltas = splitWords(text).map((word) => `{"type":"text_delta","text":${JSON.stringify(word)}}`);
    blocks.push({ start: { type: 'text', text: '' }, deltas });
  }
  for (const call of answer.toolCalls) {
    const json = JSON.stringify(call.arguments);
    // Anthropic begins with an empty fragment, and sends nothing more for a call without arguments.
    const fragments = ['', ...(json === '{}' ? [] : splitFragments(json))];
    const deltas = fragments.map((part) => `{"type":"input_json_delta","partial_json":${JSON.stringify(part)}}`);
    blocks.push({ start: { type: 'tool_use', id: `toolu_${call.id}`, name: call.name, input: {} }, deltas });
  }
  return blocks;
}

/** `input_tokens` leaves out what was read from the cache; `output_tokens` includes thinking. */
function writeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: Math.max(0, usage.input - usage.cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cached,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.output,
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
    service_tier: 'standard',
  };
}

/** The figures of `message_delta` are cumulative: they replace those of `message_start`. */
function writeFinalUsage(usage: Usage): JsonObject {
  const { cache_creation: _creation, service_tier: _tier, ...figures } = writeUsage(usage);
  return figures;
}
