import type { ChatContentPart, ChatMessage, ChatRequest, ChatTool } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { ChatQuirks } from './quirks.ts';

/** Anthropic's request fields, which the hub knows and no chat provider does. */
const ANTHROPIC_FIELDS = [
  'billing_policy',
  'cache_control',
  'compaction',
  'container',
  'context_management',
  'diagnostics',
  'fallback_credit_token',
  'fallbacks',
  'inference_geo',
  'mcp_servers',
  'output_config',
  'speed',
  'thinking',
  'user_profile_id',
  'workspace_id',
] as const;

/** Source: https://platform.openai.com/docs/api-reference/chat/create (messages) */
const TEXT_ONLY: ReadonlySet<string> = new Set(['system', 'developer', 'assistant']);
const PARTS: ReadonlySet<string> = new Set(['text', 'image_url', 'input_audio', 'file', 'refusal', 'video_url']);
const TOOLS: ReadonlySet<string> = new Set(['function', 'custom']);

/** What the target takes beyond OpenAI's format: marks for prompt caches, opaque reasoning state. */
type Keeps = { marks: boolean; state: boolean };

/**
 * A request that came through another format's door, without what OpenAI's format has no word for. Requests of chat
 * clients never come here: their own bytes go up.
 */
export function plainRequest(request: ChatRequest, { quirks }: Target, losses: Loss[]): ChatRequest {
  const isKnown = (what: NonNullable<ChatQuirks['knows']>[number]): boolean => quirks?.knows?.includes(what) ?? false;
  const keeps: Keeps = { marks: isKnown('cache_control'), state: isKnown('reasoning_details') };
  const plain: ChatRequest = { ...request, messages: plainMessages(request.messages, keeps, losses) };
  if (request.tools) plain.tools = plainTools(request.tools, keeps, losses);
  for (const field of ANTHROPIC_FIELDS) drop(plain, field, losses);
  if (!isKnown('top_k')) drop(plain, 'top_k', losses);
  return plain;
}

function drop(request: ChatRequest, param: string, losses: Loss[]): void {
  const value = request[param];
  delete request[param];
  // A mark only says what is worth keeping; chat providers decide that by themselves.
  if (value === undefined || value === null || param === 'cache_control') return;
  losses.push({ param, action: 'dropped', reason: 'the provider has no such field' });
}

function plainMessages(messages: readonly ChatMessage[], keeps: Keeps, losses: Loss[]): ChatMessage[] {
  const plain: ChatMessage[] = [];
  /** What tools showed, until their results are all told. */
  let shown: ChatContentPart[] = [];
  messages.forEach((message, index) => {
    if (message.role !== 'tool' && shown.length > 0) {
      plain.push({ role: 'user', content: shown });
      shown = [];
    }
    const { is_error: _isError, cache_control: mark, reasoning_details: state, content, ...rest } = message;
    const parts = plainParts(content, `messages.${index}.content`, keeps, losses);
    if (message.role === 'tool' && Array.isArray(parts)) {
      const media = parts.filter((part) => part.type !== 'text');
      if (media.length > 0) {
        const reason = 'sent as a user message behind the results';
        losses.push({ param: `messages.${index}.content`, action: 'emulated', reason });
        shown.push({ type: 'text', text: `Shown by the tool call ${message.tool_call_id}:` }, ...media);
      }
    }
    plain.push({
      ...rest,
      ...(content !== undefined && { content: inForm(parts, message.role, keeps) }),
      ...(keeps.marks && mark !== undefined && { cache_control: mark }),
      ...(keeps.state && state && { reasoning_details: state }),
    } as ChatMessage);
  });
  return shown.length > 0 ? [...plain, { role: 'user', content: shown }] : plain;
}

/** Not every chat template reads lists outside of what users say. */
function inForm(content: ChatMessage['content'], role: string, keeps: Keeps): ChatMessage['content'] {
  if (!Array.isArray(content) || role === 'user') return content;
  const texts = content.flatMap((part) => (part.type === 'text' ? [part] : []));
  if (role === 'tool') return texts.map(({ text }) => text).join('\n');
  const isMarked = keeps.marks && texts.some((part) => part.cache_control);
  if (!TEXT_ONLY.has(role) || isMarked || texts.length < content.length) return content;
  return texts.map(({ text }) => text).join(role === 'assistant' ? '' : '\n\n');
}

function plainParts(
  content: ChatMessage['content'],
  param: string,
  keeps: Keeps,
  losses: Loss[],
): ChatMessage['content'] {
  if (!Array.isArray(content)) return content;
  return content.flatMap((part, index) => {
    if (!PARTS.has(part.type)) {
      const reason = 'this kind of content part is not supported';
      losses.push({ param: `${param}.${index}`, action: 'refused', reason });
      return [];
    }
    const { cache_control: mark, ...plain } = part;
    return [keeps.marks && mark ? part : plain];
  });
}

function plainTools(tools: readonly ChatTool[], keeps: Keeps, losses: Loss[]): ChatTool[] {
  return tools.flatMap((tool, index) => {
    if (!TOOLS.has(tool.type)) {
      losses.push({ param: `tools.${index}`, action: 'refused', reason: 'only function tools are supported' });
      return [];
    }
    const { cache_control: mark, ...plain } = tool;
    return [keeps.marks && mark ? tool : plain];
  });
}
