import type { ChatMessage, ChatRequest } from '@parley/contracts';
import { opaqueState } from '@parley/dialects';
import { hash } from 'node:crypto';

/** How much of each message tells two conversations apart. */
const CHARS_OF_MESSAGE = 2000;

/** Whose call it is and what model it asked for: nobody is led by the conversations of others. */
export type Asker = { keyId: string; model: string };

/** The mark of a piece of opaque reasoning state, which only its maker, or its like, can read. */
export const stateMark = (keyId: string, state: string): string => digest('state', keyId, state);

/** The mark of an item that only the provider which made it can look up. */
export const itemMark = (keyId: string, id: string): string => digest('item', keyId, id);

/** The last opaque state that a request brings back. */
export function carriedState({ messages }: ChatRequest): string | undefined {
  return opaqueState(messages.findLast(({ reasoning_details: details }) => opaqueState(details))?.reasoning_details);
}

/** `isSought`: the request itself is to go where the mark leads; else only those are that go on with its answer. */
export type PrefixMark = { mark: string; isSought: boolean };

/**
 * The marks of what a provider may hold in its prompt cache for a request: what the caller named or marked as worth
 * caching, and the beginning of the conversation, which all of its turns share.
 */
export function prefixMarks({ keyId, model }: Asker, request: ChatRequest): PrefixMark[] {
  const { prompt_cache_key: name, messages } = request;
  const marks: PrefixMark[] = [];
  if (typeof name === 'string' && name !== '')
    marks.push({ mark: digest('named', keyId, model, name), isSought: true });
  const instructions = messages.filter(({ role }) => role === 'system' || role === 'developer');
  if (instructions.some(isMarked) || request.tools?.some((tool) => tool.cache_control)) {
    marks.push({ mark: digest('marked', keyId, model, ...instructions.map(textOf)), isSought: true });
  }
  const answered = messages.findIndex(({ role }) => role === 'assistant');
  const beginning = answered < 0 ? messages : messages.slice(0, answered);
  // Another conversation may well begin with the same words, and is free to go elsewhere.
  marks.push({ mark: digest('begun', keyId, model, ...beginning.map(textOf)), isSought: answered >= 0 });
  return marks;
}

function isMarked({ content, cache_control: mark }: ChatMessage): boolean {
  return Boolean(mark) || (Array.isArray(content) && content.some((part) => part.cache_control));
}

function textOf({ role, content }: ChatMessage): string {
  if (!Array.isArray(content)) return role + (content ?? '').slice(0, CHARS_OF_MESSAGE);
  let text: string = role;
  for (const part of content) {
    if (text.length >= CHARS_OF_MESSAGE) break;
    text += part.type === 'text' ? part.text : part.type;
  }
  return text.slice(0, CHARS_OF_MESSAGE);
}

/** Short and of one size, whatever it is made of. */
const digest = (...parts: readonly string[]): string => hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22);
