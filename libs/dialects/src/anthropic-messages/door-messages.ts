import { invalidRequest, type ChatContentPart, type ChatMessage, type ChatToolCall } from '@parley/contracts';
import { blocksOf, contentOf, decodeBlock, decodeInstructions, markOf } from './door-blocks.ts';
import { decodeThinking, type Reasoning } from './door-reasoning.ts';
import { textOr, type JsonObject } from '../json-values.ts';

export type MessageParam = { role: 'user' | 'assistant' | 'system'; content?: unknown };

/**
 * Reads the conversation. Instructions from inside of it join the system prompt, since few providers take them in their
 * place. Throws `invalid_request` for the result of a call that nobody made.
 */
export function decodeMessages(system: unknown, messages: readonly MessageParam[]): ChatMessage[] {
  const instructions = decodeInstructions(system);
  const callIds = new Set<unknown>();
  const turns = messages.flatMap(({ role, content }, index): ChatMessage[] => {
    // Most of what users say.
    if (role === 'user' && typeof content === 'string') return [{ role, content }];
    const blocks = blocksOf(content);
    const param = `messages.${index}.content`;
    if (role === 'assistant') return decodeAssistant(blocks, param, callIds);
    if (role === 'user') return decodeUser(blocks, param, callIds);
    instructions.push(...decodeInstructions(content));
    return [];
  });
  return instructions.length > 0 ? [{ role: 'system', content: contentOf(instructions) }, ...turns] : turns;
}

/** What only a model says. */
const MODELS_BLOCKS: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking', 'tool_use']);

/** Results come first, whatever the order: behind a call, providers take nothing else. */
function decodeUser(blocks: JsonObject[], param: string, callIds: ReadonlySet<unknown>): ChatMessage[] {
  const answered = new Set<unknown>();
  const results = blocks.flatMap((block, index) => {
    if (MODELS_BLOCKS.has(block['type'])) throw invalidRequest(`${param}.${index}.type`, 'belongs to the assistant');
    if (block['type'] !== 'tool_result') return [];
    const result = decodeToolResult(block, `${param}.${index}`, callIds);
    addOnce(answered, result.tool_call_id, `${param}.${index}.tool_use_id`);
    return [result];
  });
  const parts = blocks.filter((block) => block['type'] !== 'tool_result').flatMap(decodeBlock);
  if (results.length > 0 && parts.length === 0) return results;
  return [...results, { role: 'user', content: contentOf(parts) }];
}

function addOnce(ids: Set<unknown>, id: unknown, param: string): void {
  if (ids.has(id)) throw invalidRequest(param, 'stands twice in this message');
  ids.add(id);
}

function decodeToolResult(block: JsonObject, param: string, callIds: ReadonlySet<unknown>): ChatMessage {
  const id = textOr(block['tool_use_id'], '');
  if (!callIds.has(id)) throw invalidRequest(`${param}.tool_use_id`, `names "${id}", a call that nobody made before`);
  return {
    role: 'tool',
    tool_call_id: id,
    content: contentOf(blocksOf(block['content']).flatMap(decodeBlock)),
    ...(block['is_error'] === true && { is_error: true }),
    ...markOf(block),
  };
}

/** Blocks of the provider's own tools are its inner work, and left out as they are left out of its answers. */
function decodeAssistant(blocks: JsonObject[], param: string, callIds: Set<unknown>): ChatMessage[] {
  const reasoning: Reasoning = { text: '', details: [] };
  const parts: ChatContentPart[] = [];
  const calls: ChatToolCall[] = [];
  const made = new Set<unknown>();
  let mark = {};
  for (const [index, block] of blocks.entries()) {
    switch (block['type']) {
      case 'text':
        parts.push(...decodeBlock(block));
        break;
      case 'thinking':
      case 'redacted_thinking':
        decodeThinking(block, `${param}.${index}`, reasoning);
        break;
      case 'tool_result':
        throw invalidRequest(`${param}.${index}.type`, 'belongs to the user');
      case 'tool_use':
        addOnce(made, block['id'], `${param}.${index}.id`);
        callIds.add(block['id']);
        calls.push(decodeToolUse(block));
        mark = markOf(block);
        break;
    }
  }
  const content = contentOf(parts);
  return [
    {
      role: 'assistant',
      content: content === '' && calls.length > 0 ? null : content,
      ...(reasoning.text !== '' && { reasoning_content: reasoning.text }),
      ...(reasoning.details.length > 0 && { reasoning_details: reasoning.details }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...mark,
    },
  ];
}

function decodeToolUse(block: JsonObject): ChatToolCall {
  const called = { name: textOr(block['name'], ''), arguments: JSON.stringify(block['input'] ?? {}) };
  return { id: textOr(block['id'], ''), type: 'function', function: called };
}
