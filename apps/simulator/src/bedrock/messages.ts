import type { Ask } from '../ask.ts';
import { isObject, stringOf } from '../json.ts';
import { readBlock, type Turn } from './blocks.ts';
import { invalid } from './errors.ts';

/** Reads the conversation as strictly as Bedrock does; `hasTools`: the request declares some. */
export function readMessages(ask: Ask, messages: unknown, hasTools: boolean): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid("Value at 'messages' failed to satisfy constraint: Member must not be null or empty");
  }
  const turns = messages.map(readTurn);
  if (turns[0]?.role !== 'user') throw invalid('A conversation must start with a user message. Try again.');
  if (!hasTools && turns.some((turn) => idsOf(turn, 'toolUse').length + idsOf(turn, 'toolResult').length > 0)) {
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
  turns.forEach((turn, index) => checkResults(turn, turns[index - 1], index));
  const calls = new Map<string, string>();
  for (const [index, turn] of turns.entries()) {
    ask.roles.push(turn.role);
    const texts = turn.blocks.map((block, place) =>
      readBlock(ask, turn, block, `messages.${index}.content.${place}`, calls),
    );
    const text = texts.filter((part) => part !== '').join('\n');
    ask.promptCharacters += text.length;
    if (turn.role === 'user' && text !== '') ask.lastUserText = text;
  }
  const last = turns.at(-1)?.blocks.filter((block) => block.cachePoint === undefined);
  ask.endsWithToolResults = last?.at(-1)?.toolResult !== undefined;
}

function readTurn(message: unknown, index: number): Turn {
  const { role, content } = isObject(message) ? message : {};
  if (role !== 'user' && role !== 'assistant') {
    throw invalid(
      `Value at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`,
    );
  }
  if (!Array.isArray(content))
    throw invalid(`The content field in the Message object at messages.${index} must be a list.`);
  if (content.length === 0) {
    throw invalid(
      `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
    );
  }
  const blocks = content.map((block: unknown) => {
    if (!isObject(block)) throw invalid(`The content of the Message object at messages.${index} must hold objects.`);
    return block;
  });
  return { role, blocks };
}

/** Each call is answered in the turn after it, and nothing else is. */
function checkResults(turn: Turn, before: Turn | undefined, index: number): void {
  const asked = before?.role === 'assistant' ? idsOf(before, 'toolUse') : [];
  const answered = turn.role === 'user' ? idsOf(turn, 'toolResult') : [];
  const silent = asked.filter((id) => !answered.includes(id));
  if (silent.length > 0) {
    throw invalid(
      `Expected toolResult blocks at messages.${index}.content for the following Ids: ${silent.join(', ')}`,
    );
  }
  if (answered.some((id) => !asked.includes(id))) {
    throw invalid(
      `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
    );
  }
}

function idsOf(turn: Turn, kind: 'toolUse' | 'toolResult'): string[] {
  const blocks = turn.blocks.map((block) => block[kind]).filter(isObject);
  // What Bedrock ran itself is answered by itself.
  return blocks.filter((block) => block.type !== 'server_tool_use').map((block) => stringOf(block.toolUseId));
}
