import type { ChatDelta } from '@parley/contracts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';
import { decodeCitations } from './citations.ts';
import { encryptedDetail, reasoningDetail } from './reasoning-content.ts';
import { isServerTool } from './response.ts';

/** A content block that is still being written. Only tools announce themselves; the others begin with their first delta. */
type OpenBlock =
  | { kind: 'text'; start: number; citations: JsonObject[] }
  | { kind: 'reasoning'; text: string; signature: string; redacted: string[] }
  | { kind: 'tool'; index: number; started: boolean }
  /** The provider's own tools and their results: nothing for the client. */
  | { kind: 'server-tool' };

/**
 * Turns content blocks into deltas. Text, thoughts and tool arguments flow as they come; what is only complete at a
 * block's end (reasoning state, citations with their place in the text) follows then.
 */
export class BlockReader {
  private readonly blocks = new Map<unknown, OpenBlock>();
  private textLength = 0;
  private toolCalls = 0;
  private details = 0;

  get hasToolCalls(): boolean {
    return this.toolCalls > 0;
  }

  open(index: unknown, start: unknown): ChatDelta[] {
    const toolUse = isObject(start) ? start['toolUse'] : undefined;
    if (!isObject(toolUse) || isServerTool(toolUse)) {
      this.blocks.set(index, { kind: 'server-tool' });
      return [];
    }
    const tool = { kind: 'tool', index: this.toolCalls++, started: false } as const;
    this.blocks.set(index, tool);
    const name = textOr(toolUse['name'], '');
    const id = textOr(toolUse['toolUseId'], '');
    return [{ tool_calls: [{ index: tool.index, id, type: 'function', function: { name, arguments: '' } }] }];
  }

  extend(index: unknown, delta: unknown): ChatDelta[] {
    if (!isObject(delta)) return [];
    const block = this.blocks.get(index) ?? this.begin(index, delta);
    switch (block.kind) {
      case 'text':
        return this.extendText(block, delta);
      case 'reasoning':
        return extendReasoning(block, delta['reasoningContent']);
      case 'tool': {
        const fragment = isObject(delta['toolUse']) ? textOr(delta['toolUse']['input'], '') : '';
        if (fragment === '') return [];
        block.started = true;
        return [{ tool_calls: [{ index: block.index, function: { arguments: fragment } }] }];
      }
      case 'server-tool':
        return [];
    }
  }

  close(index: unknown): ChatDelta[] {
    const block = this.blocks.get(index);
    this.blocks.delete(index);
    if (block?.kind === 'text') {
      const annotations = decodeCitations(block.citations, block.start, this.textLength);
      return annotations.length > 0 ? [{ annotations }] : [];
    }
    if (block?.kind === 'reasoning') return this.closeReasoning(block);
    if (block?.kind !== 'tool' || block.started) return [];
    // A call without arguments sends no fragment.
    return [{ tool_calls: [{ index: block.index, function: { arguments: '{}' } }] }];
  }

  /** The message is over: whatever lacks its own end gets it now. */
  closeAll(): ChatDelta[] {
    return [...this.blocks.keys()].flatMap((index) => this.close(index));
  }

  private begin(index: unknown, delta: JsonObject): OpenBlock {
    const block: OpenBlock = delta['reasoningContent']
      ? { kind: 'reasoning', text: '', signature: '', redacted: [] }
      : delta['toolUse'] || delta['toolResult']
        ? { kind: 'server-tool' }
        : { kind: 'text', start: this.textLength, citations: [] };
    this.blocks.set(index, block);
    return block;
  }

  private extendText(block: OpenBlock & { kind: 'text' }, delta: JsonObject): ChatDelta[] {
    if (isObject(delta['citation'])) block.citations.push(delta['citation']);
    const text = textOr(delta['text'], '');
    this.textLength += text.length;
    return text === '' ? [] : [{ content: text }];
  }

  private closeReasoning({ text, signature, redacted }: OpenBlock & { kind: 'reasoning' }): ChatDelta[] {
    const details = [
      ...(text !== '' || signature !== '' ? [reasoningDetail(text, signature, this.details++)] : []),
      ...(redacted.length > 0 ? [encryptedDetail(joinBase64(redacted), this.details++)] : []),
    ];
    return details.length > 0 ? [{ reasoning_details: details }] : [];
  }
}

function extendReasoning(block: OpenBlock & { kind: 'reasoning' }, reasoning: unknown): ChatDelta[] {
  if (!isObject(reasoning)) return [];
  block.signature += textOr(reasoning['signature'], '');
  if (typeof reasoning['redactedContent'] === 'string') block.redacted.push(reasoning['redactedContent']);
  const text = textOr(reasoning['text'], '');
  block.text += text;
  return text === '' ? [] : [{ reasoning_content: text }];
}

/** Each piece is whole base64, with padding of its own. */
function joinBase64(pieces: readonly string[]): string {
  if (pieces.length === 1) return pieces[0]!;
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('base64');
}
