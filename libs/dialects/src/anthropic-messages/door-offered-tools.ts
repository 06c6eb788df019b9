import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';

/**
 * The tools that a model may call at the end of a conversation. Anthropic shows no tool that is marked `defer_loading`
 * before a result or an instruction refers to it; and instructions may take tools away or bring new ones. Other providers
 * know the tools of a request only, and get those that would be seen.
 * Source: https://docs.claude.com/en/docs/agents-and-tools/tool-use/tool-search-tool
 */
export function offeredTools(tools: unknown, messages: unknown): JsonObject[] {
  const known = objectsIn(tools);
  const offered = new Set(known.filter((tool) => tool['defer_loading'] !== true));
  for (const { role, content } of objectsIn(messages)) {
    for (const block of objectsIn(content)) {
      if (role === 'system') applyChange(block, known, offered);
      else for (const inner of objectsIn(block['content'])) offer(referenceIn(inner), known, offered);
    }
  }
  return known.filter((tool) => offered.has(tool));
}

/** Whether a block of instructions does nothing but change the tools, in a way that is followed here. */
export function isToolChange({ type, tool }: JsonObject): boolean {
  if (!isObject(tool)) return false;
  if (type === 'tool_addition' && tool['type'] === 'tool_definition') return true;
  return (type === 'tool_addition' || type === 'tool_removal') && tool['type'] === 'tool_reference';
}

function applyChange(block: JsonObject, known: JsonObject[], offered: Set<JsonObject>): void {
  const { type, tool } = block;
  if (!isToolChange(block) || !isObject(tool)) return;
  const { definition, name } = tool;
  if (isObject(definition)) {
    takeBack(definition['name'], known, offered);
    known.push(definition);
    offered.add(definition);
  } else if (type === 'tool_addition') offer(name, known, offered);
  else takeBack(name, known, offered);
}

function offer(name: unknown, known: readonly JsonObject[], offered: Set<JsonObject>): void {
  const tool = name === undefined ? undefined : known.findLast((candidate) => candidate['name'] === name);
  if (tool) offered.add(tool);
}

function takeBack(name: unknown, known: readonly JsonObject[], offered: Set<JsonObject>): void {
  for (const tool of known) if (tool['name'] === name) offered.delete(tool);
}

/** The tool that a block of a result brings into the conversation. */
function referenceIn(block: JsonObject): string | undefined {
  return block['type'] === 'tool_reference' ? textOr(block['tool_name'], undefined) : undefined;
}
