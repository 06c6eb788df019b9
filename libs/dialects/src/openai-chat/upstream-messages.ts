import type { ChatContentPart, ChatMessage, ChatRole } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { ChatQuirks } from './quirks.ts';

type ReasoningForm = NonNullable<ChatQuirks['reasoningAs']>;

/** The messages in the roles and fields that the target knows; undefined: they are right as they are. */
export function editMessages(messages: ChatMessage[], target: Target, losses: Loss[]): ChatMessage[] | undefined {
  const { capabilities, quirks } = target;
  const form = quirks?.reasoningAs;
  if (!capabilities.system_role && !quirks?.developerAsSystem && !form) return undefined;
  let changed = false;
  const edited = messages.map((message, position) => {
    const role = roleFor(message.role, target);
    const next = form ? writeReasoning(message, form) : message;
    if (role === message.role) {
      changed ||= next !== message;
      return next;
    }
    changed = true;
    if (role === 'user') {
      const reason = 'the model takes instructions from users only';
      losses.push({ param: `messages.${position}.role`, action: 'emulated', reason });
    }
    return { ...next, role };
  });
  return changed ? edited : undefined;
}

function roleFor(role: ChatRole, { capabilities: { system_role: systemRole }, quirks }: Target): ChatRole {
  if (role === 'system') return systemRole ?? role;
  if (role !== 'developer') return role;
  if (systemRole === 'user') return 'user';
  return quirks?.developerAsSystem ? 'system' : role;
}

/** Puts the reasoning of an earlier answer into the vendor's form, or takes it out. */
function writeReasoning(message: ChatMessage, form: ReasoningForm): ChatMessage {
  const { reasoning_content: text, reasoning_details: details, reasoning, ...rest } = message;
  if (message.role !== 'assistant' || (text === undefined && details === undefined && reasoning === undefined)) {
    return message;
  }
  const said = text || (typeof reasoning === 'string' ? reasoning : '');
  if (form === 'nothing' || said === '') return rest;
  if (form === 'reasoning') return { ...rest, reasoning: said };
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: said }] };
  return { ...rest, content: [thinking, ...partsOf(rest.content)] as ChatContentPart[] };
}

function partsOf(content: ChatMessage['content']): ChatContentPart[] {
  if (typeof content !== 'string') return content ?? [];
  return content === '' ? [] : [{ type: 'text', text: content }];
}
