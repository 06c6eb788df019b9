import type { Loss } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import type { Conversation, Turn } from './messages.ts';

/** `A conversation must start with a user message.` */
const OPENING: JsonObject = { text: '(The assistant opens the conversation.)' };
/** `you must also include a ContentBlock with a text field` where there is a document. */
const DOCUMENT_TEXT: JsonObject = { text: '(See the document.)' };

/** What Bedrock asks of turns: a user first, a word beside documents, names of documents that differ. */
export function settleTurns({ system, turns }: Conversation, losses: Loss[]): Conversation {
  if (turns.length === 0 && system.length > 0) {
    losses.push({ param: 'messages', action: 'emulated', reason: 'the system prompt was sent as a user message' });
    return { system: [], turns: [{ role: 'user', content: system }] };
  }
  if (turns.length === 0) losses.push({ param: 'messages', action: 'refused', reason: 'no message has content' });
  if (turns[0]?.role === 'assistant') {
    losses.push({ param: 'messages', action: 'emulated', reason: 'a user message was put before the first one' });
    turns.unshift({ role: 'user', content: [OPENING] });
  }
  return { system, turns: nameDocuments(turns.map(resultsFirst).map(withWords)).map(trimPrefill) };
}

function resultsFirst(turn: Turn): Turn {
  const results = turn.content.filter((block) => block['toolResult'] !== undefined);
  const others = turn.content.filter((block) => block['toolResult'] === undefined);
  return results.length === 0 || others.length === 0 ? turn : { role: turn.role, content: [...results, ...others] };
}

function withWords(turn: Turn): Turn {
  const holds = (name: string): boolean => turn.content.some((block) => block[name] !== undefined);
  return holds('document') && !holds('text') ? { role: turn.role, content: [...turn.content, DOCUMENT_TEXT] } : turn;
}

/** Two documents of one name in a conversation are an error. */
function nameDocuments(turns: Turn[]): Turn[] {
  const uses = new Map<string, number>();
  const rename = (block: JsonObject): JsonObject => {
    const { document, toolResult } = block;
    if (isObject(toolResult) && Array.isArray(toolResult['content'])) {
      return { toolResult: { ...toolResult, content: (toolResult['content'] as JsonObject[]).map(rename) } };
    }
    if (!isObject(document)) return block;
    const name = String(document['name']);
    const use = (uses.get(name) ?? 0) + 1;
    uses.set(name, use);
    return use === 1 ? block : { document: { ...document, name: `${name} (${use})` } };
  };
  return turns.map(({ role, content }) => ({ role, content: content.map(rename) }));
}

/** `final assistant content cannot end with trailing whitespace`: an answer that the model shall continue. */
function trimPrefill(turn: Turn, index: number, turns: Turn[]): Turn {
  const block = turn.content.at(-1);
  if (index < turns.length - 1 || turn.role !== 'assistant' || typeof block?.['text'] !== 'string') return turn;
  return { role: turn.role, content: [...turn.content.slice(0, -1), { text: block['text'].trimEnd() }] };
}
