import type { Loss } from '../dialect.ts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';

/** What of a tool only Anthropic reads, but for hints that change no answer. */
const TOOL_FIELDS = ['allowed_callers', 'input_examples'] as const;

/** The blocks of an earlier answer that the hub has a place for. */
const ANSWER_BLOCKS: ReadonlySet<unknown> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use']);

/** What of a body has no place in the hub. Parameters are named as the client names them. */
export function lossesInHub(body: unknown): Loss[] {
  if (!isObject(body)) return [];
  return [...lossOfThread(body), ...lossesOfTools(body['tools']), ...lossesOfMessages(body['messages'])];
}

/** A thread's earlier messages are at Anthropic, so that without it the model would not know what was said. */
function lossOfThread({ thread }: JsonObject): Loss[] {
  if (thread === undefined || thread === null) return [];
  return [{ param: 'thread', action: 'refused', reason: 'a thread is kept at Anthropic: send the whole conversation' }];
}

function lossesOfTools(tools: unknown): Loss[] {
  return objectsIn(tools).flatMap((tool, index) =>
    TOOL_FIELDS.filter((field) => tool[field]).map((field) =>
      dropped(`tools.${index}.${field}`, 'only Anthropic has such a field'),
    ),
  );
}

function lossesOfMessages(messages: unknown): Loss[] {
  return objectsIn(messages).flatMap(({ role, content }, index) =>
    objectsIn(content).flatMap((block, position) => {
      const param = `messages.${index}.content.${position}`;
      if (role === 'assistant') {
        return ANSWER_BLOCKS.has(block['type']) ? [] : [dropped(param, "the inner work of Anthropic's own tools")];
      }
      const { citations } = block;
      if (!isObject(citations) || citations['enabled'] !== true) return [];
      return [dropped(`${param}.citations`, 'other providers do not cite what they were given')];
    }),
  );
}

const dropped = (param: string, reason: string): Loss => ({ param, action: 'dropped', reason });
