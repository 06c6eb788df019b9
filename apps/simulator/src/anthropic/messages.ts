import { signReasoning } from '../answer.ts';
import { addMedia, type Ask, type Media } from '../ask.ts';
import { base64ByteCount, isObject, type JsonObject, objectsOf, stringOf } from '../json.ts';
import { invalid } from './fields.ts';

export type Turn = { role: 'user' | 'assistant'; blocks: JsonObject[] };

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** Consecutive messages of one role are one turn to Anthropic, and are joined before anything is checked. */
export function joinTurns(messages: unknown[]): Turn[] {
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}`;
    if (!isObject(message)) throw invalid(`${path}: Input should be a valid dictionary`);
    for (const field of Object.keys(message)) {
      if (field !== 'role' && field !== 'content') throw invalid(`${path}.${field}: Extra inputs are not permitted`);
    }
    const { role } = message;
    if (role !== 'user' && role !== 'assistant') {
      if (role === 'system') {
        const hint = 'The Messages API accepts a top-level `system` parameter, not "system" as an input message role.';
        throw invalid(`messages: Unexpected role "system". ${hint}`);
      }
      throw invalid(`${path}.role: Input should be 'user' or 'assistant'`);
    }
    const blocks = readBlocks(message.content, path, role === 'assistant' && index === messages.length - 1);
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks });
  }
  return turns;
}

function readBlocks(content: unknown, path: string, mayBeEmpty: boolean): JsonObject[] {
  if (content === undefined) throw invalid(`${path}.content: Field required`);
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  if (!Array.isArray(blocks)) throw invalid(`${path}.content: Input should be a valid list`);
  if ((content === '' || blocks.length === 0) && !mayBeEmpty) {
    throw invalid(`${path}: all messages must have non-empty content except for the optional final assistant message`);
  }
  if (content === '') return [];
  return blocks.map((block: unknown, index) => {
    if (!isObject(block)) throw invalid(`${path}.content.${index}: Input should be a valid dictionary`);
    return block;
  });
}

/** Checks what depends on the neighbour: the first role, and that each tool use is answered right after it. */
export function checkTurns(turns: Turn[], isThinking: boolean): void {
  if (turns[0]?.role !== 'user') throw invalid('messages: first message must use the "user" role');
  const usedIds = new Set<string>();
  for (const [index, turn] of turns.entries()) {
    const asked = idsOf(turns[index - 1], 'tool_use', 'id');
    const answered = idsOf(turn, 'tool_result', 'tool_use_id');
    const silent = asked.filter((id) => !answered.includes(id));
    if (silent.length > 0) throw unansweredTools(index - 1, silent);
    const unexpected = answered.find((id) => !asked.includes(id));
    if (unexpected !== undefined) {
      const rule = 'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.';
      throw invalid(
        `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unexpected}. ${rule}`,
      );
    }
    for (const id of idsOf(turn, 'tool_use', 'id')) {
      if (usedIds.has(id)) throw invalid(`messages.${index}.content: \`tool_use\` ids must be unique`);
      usedIds.add(id);
    }
  }
  const unanswered = idsOf(turns.at(-1), 'tool_use', 'id');
  if (unanswered.length > 0) throw unansweredTools(turns.length - 1, unanswered);
  if (isThinking) checkThinkingBeforeTools(turns);
}

function idsOf(turn: Turn | undefined, type: string, field: string): string[] {
  return (turn?.blocks ?? []).filter((block) => block.type === type).map((block) => stringOf(block[field]));
}

function unansweredTools(index: number, ids: string[]): Error {
  const rule = 'Each `tool_use` block must have a corresponding `tool_result` block in the next message.';
  return invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. ${rule}`,
  );
}

function checkThinkingBeforeTools(turns: Turn[]): void {
  const index = turns.length - 2;
  const first = turns[index]?.blocks[0];
  if (idsOf(turns[index], 'tool_use', 'id').length === 0 || stringOf(first?.type).endsWith('thinking')) return;
  throw invalid(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${stringOf(first?.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  );
}

/** Reads what the turns say; refuses blocks the role may not have. */
export function readTurns(ask: Ask, turns: Turn[]): void {
  const callNames = new Map<string, string>();
  for (const [index, turn] of turns.entries()) {
    ask.roles.push(turn.role);
    const texts = turn.blocks.map((block, position) =>
      readBlock(ask, turn, block, `messages.${index}.content.${position}`, callNames),
    );
    const text = texts.filter((part) => part !== '').join('\n');
    ask.promptCharacters += text.length;
    if (turn.role === 'user' && text !== '') ask.lastUserText = text;
  }
  const final = turns.at(-1);
  const lastBlock = final?.blocks.at(-1);
  ask.endsWithToolResults = lastBlock?.type === 'tool_result';
  if (final?.role === 'assistant' && /\s$/u.test(stringOf(lastBlock?.text))) {
    throw invalid('messages: final assistant content cannot end with trailing whitespace');
  }
}

function readBlock(ask: Ask, turn: Turn, block: JsonObject, path: string, callNames: Map<string, string>): string {
  const isUser = turn.role === 'user';
  switch (block.type) {
    case 'text':
      if (typeof block.text !== 'string') throw invalid(`${path}.text.text: Field required`);
      if (block.text === '') throw invalid('messages: text content blocks must be non-empty');
      if (block.text.trim() === '') throw invalid('messages: text content blocks must contain non-whitespace text');
      return block.text;
    case 'image':
      if (isUser) addMedia(ask, readSource(block.source, `${path}.image`, IMAGE_TYPES), true);
      break;
    case 'document':
      if (isUser) addMedia(ask, readSource(block.source, `${path}.document`, ['application/pdf']), false);
      break;
    case 'tool_use':
      if (typeof block.id !== 'string' || !/^[a-zA-Z0-9_-]+$/u.test(block.id)) {
        throw invalid(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      }
      if (typeof block.name !== 'string') throw invalid(`${path}.tool_use.name: Field required`);
      if (!isObject(block.input)) throw invalid(`${path}.tool_use.input: Input should be a valid dictionary`);
      callNames.set(block.id, block.name);
      break;
    case 'tool_result':
      if (!isUser) throw invalid(`${path}: \`tool_result\` blocks can only be in \`user\` messages`);
      readToolResult(ask, block, path, callNames);
      break;
    case 'thinking':
      checkSignature(block, path);
      break;
    default:
      checkKnownType(block, path);
  }
  if (isUser && (block.type === 'tool_use' || block.type === 'thinking')) {
    throw invalid(`${path}: \`${block.type}\` blocks can only be in \`assistant\` messages`);
  }
  return '';
}

function readToolResult(ask: Ask, block: JsonObject, path: string, callNames: Map<string, string>): void {
  const { content } = block;
  if (content !== undefined && typeof content !== 'string' && !Array.isArray(content)) {
    throw invalid(`${path}.tool_result.content: Input should be a valid string or list`);
  }
  const inner = objectsOf(content);
  for (const part of inner) {
    if (part.type === 'text' && part.text === '') throw invalid('messages: text content blocks must be non-empty');
    if (part.type === 'image') addMedia(ask, readSource(part.source, `${path}.tool_result`, IMAGE_TYPES), true);
  }
  const text = typeof content === 'string' ? content : inner.map((part) => stringOf(part.text)).join('');
  ask.promptCharacters += text.length;
  ask.toolResults.push({ name: callNames.get(stringOf(block.tool_use_id)) ?? '', content: text });
}

function readSource(source: unknown, path: string, mimeTypes: string[]): Media {
  if (!isObject(source)) throw invalid(`${path}.source: Field required`);
  if (source.type === 'url') return { url: stringOf(source.url) };
  if (source.type === 'file') return { url: stringOf(source.file_id) };
  if (source.type === 'text') return { mime: 'text/plain', bytes: Buffer.byteLength(stringOf(source.data)) };
  if (source.type !== 'base64') {
    throw invalid(
      `${path}.source: Input tag '${stringOf(source.type)}' found using 'type' does not match any of the expected tags: 'base64', 'file', 'url'`,
    );
  }
  const mime = stringOf(source.media_type);
  if (!mimeTypes.includes(mime)) {
    const expected = mimeTypes.map((type) => `'${type}'`).join(' or ');
    throw invalid(`${path}.source.base64.media_type: Input should be ${expected}`);
  }
  const data = stringOf(source.data);
  if (data === '') throw invalid(`${path}.source.base64.data: String should have at least 1 character`);
  return { mime, bytes: base64ByteCount(data) };
}

function checkSignature(block: JsonObject, path: string): void {
  if (typeof block.signature !== 'string') throw invalid(`${path}.thinking.signature: Field required`);
  if (block.signature !== signReasoning(stringOf(block.thinking))) {
    throw invalid(`${path}: Invalid \`signature\` in \`thinking\` block`);
  }
}

/** Blocks of server tools, search and citations are let through unread. */
function checkKnownType(block: JsonObject, path: string): void {
  const type = stringOf(block.type);
  if (/^(redacted_thinking|server_tool_use|search_result|container_upload|mcp_tool_use|.+_tool_result)$/u.test(type)) {
    return;
  }
  throw invalid(
    `${path}: Input tag '${type}' found using 'type' does not match any of the expected tags: 'document', 'image', 'redacted_thinking', 'search_result', 'server_tool_use', 'text', 'thinking', 'tool_result', 'tool_use'`,
  );
}
