import type { CacheControl, ChatContentPart } from '@parley/contracts';
import { isToolChange } from './door-offered-tools.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';

type Mark = { cache_control?: CacheControl };

/** Claude Code's note to Anthropic's billing: no instruction, and different at every call, so that no cache would hold. */
const BILLING_NOTE = 'x-anthropic-billing-header:';

/** Content as a list of blocks; a text is one block. */
export function blocksOf(content: unknown): JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objectsIn(content);
}

/** A content of one plain text is that text: every provider reads it. */
export function contentOf(parts: ChatContentPart[]): string | ChatContentPart[] {
  const [first] = parts;
  if (!first) return '';
  return parts.length === 1 && first.type === 'text' && !first.cache_control ? first.text : parts;
}

/** The instructions among the blocks of a system prompt; what changes the tools is followed where these are read. */
export function decodeInstructions(content: unknown): ChatContentPart[] {
  const isNote = (block: JsonObject) => textOr(block['text'], '').startsWith(BILLING_NOTE);
  const blocks = blocksOf(content).filter((block) => !isNote(block) && !isToolChange(block));
  return blocks.flatMap(decodeBlock);
}

/** Reads an input block as hub parts. A kind that the hub has no word for stays as it is: the target's dialect decides. */
export function decodeBlock(block: JsonObject): ChatContentPart[] {
  const mark = markOf(block);
  switch (block['type']) {
    case 'text':
      return [{ type: 'text', text: textOr(block['text'], ''), ...mark }];
    case 'image': {
      const url = addressOf(block['source']);
      return url === undefined ? [asItIs(block)] : [{ type: 'image_url', image_url: { url }, ...mark }];
    }
    case 'document':
      return decodeDocument(block, mark);
    // Anthropic puts the tool's description here; others find it among the tools of the request.
    case 'tool_reference':
      return [{ type: 'text', text: `Tool loaded: ${textOr(block['tool_name'], '')}\n`, ...mark }];
    case 'search_result': {
      const head = [textOr(block['title'], ''), textOr(block['source'], '')].filter((line) => line !== '').join('\n');
      return withHead(head, objectsIn(block['content']).flatMap(decodeBlock), mark);
    }
    default:
      return [asItIs(block)];
  }
}

export function markOf(block: JsonObject): Mark {
  const mark = block['cache_control'];
  return isObject(mark) ? { cache_control: mark as CacheControl } : {};
}

const asItIs = (block: JsonObject): ChatContentPart => block as ChatContentPart;

/** The data URL or address of an image or a file; undefined: it lies in Anthropic's Files API. */
function addressOf(source: unknown): string | undefined {
  if (!isObject(source)) return undefined;
  if (source['type'] === 'url') return textOr(source['url'], undefined);
  if (source['type'] !== 'base64') return undefined;
  return `data:${textOr(source['media_type'], '')};base64,${textOr(source['data'], '')}`;
}

/** Source: https://docs.claude.com/en/docs/build-with-claude/pdf-support and /citations (plain text, custom content). */
function decodeDocument(block: JsonObject, mark: Mark): ChatContentPart[] {
  const source = isObject(block['source']) ? block['source'] : {};
  const title = textOr(block['title'], '');
  const head = [title, textOr(block['context'], '')].filter((line) => line !== '').join('\n');
  switch (source['type']) {
    // Few providers take texts as files, and all of them take texts.
    case 'text':
      return withHead(head, [{ type: 'text', text: textOr(source['data'], '') }], mark);
    case 'content':
      return withHead(head, blocksOf(source['content']).flatMap(decodeBlock), mark);
    default: {
      const data = addressOf(source);
      if (data === undefined) return [asItIs(block)];
      const file = { filename: title === '' ? 'document.pdf' : title, file_data: data };
      return withHead(textOr(block['context'], ''), [{ type: 'file', file }], mark);
    }
  }
}

/** Puts what is said about a text before it, and the mark on the last part. */
function withHead(head: string, parts: ChatContentPart[], mark: Mark): ChatContentPart[] {
  const whole: ChatContentPart[] = head === '' ? parts : [{ type: 'text', text: `${head}\n` }, ...parts];
  return whole.map((part, index) => (index === whole.length - 1 ? { ...part, ...mark } : part));
}
