import type { ChatDelta } from '@parley/contracts';
import { decodeCitations } from './citations.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';
import { redactedDetail, thinkingDetail } from './reasoning-details.ts';

/** A content block that is still being written. */
type OpenBlock =
  | { kind: 'text'; start: number; citations: JsonObject[] }
  | { kind: 'thinking'; text: string; signature: string }
  | { kind: 'redacted'; data: string }
  | { kind: 'tool'; index: number; input: unknown; started: boolean };

/**
 * Turns content blocks into deltas. Text, thoughts and tool arguments flow as they come; what is only complete at a
 * block's end (signed reasoning state, citations with their place in the text) follows then. Blocks of the provider's
 * own tools are never opened, and so give nothing.
 */
export class BlockReader {
  private readonly blocks = new Map<unknown, OpenBlock>();
  private textLength = 0;
  private toolCalls = 0;
  private details = 0;

  get hasToolCalls(): boolean {
    return this.toolCalls > 0;
  }

  open(index: unknown, block: unknown): ChatDelta[] {
    if (!isObject(block)) return [];
    switch (block['type']) {
      case 'text':
        this.blocks.set(index, { kind: 'text', start: this.textLength, citations: objectsIn(block['citations']) });
        return this.addText(textOr(block['text'], ''));
      case 'thinking': {
        const text = textOr(block['thinking'], '');
        this.blocks.set(index, { kind: 'thinking', text, signature: textOr(block['signature'], '') });
        return text === '' ? [] : [{ reasoning_content: text }];
      }
      case 'redacted_thinking':
        this.blocks.set(index, { kind: 'redacted', data: textOr(block['data'], '') });
        return [];
      case 'tool_use':
        return [this.openTool(index, block)];
      default:
        return [];
    }
  }

  extend(index: unknown, delta: unknown): ChatDelta[] {
    const block = this.blocks.get(index);
    if (!block || !isObject(delta)) return [];
    if (block.kind === 'text') {
      if (isObject(delta['citation'])) block.citations.push(delta['citation']);
      return this.addText(textOr(delta['text'], ''));
    }
    if (block.kind === 'thinking') {
      block.signature += textOr(delta['signature'], '');
      const text = textOr(delta['thinking'], '');
      block.text += text;
      return text === '' ? [] : [{ reasoning_content: text }];
    }
    const fragment = textOr(delta['partial_json'], '');
    if (block.kind !== 'tool' || fragment === '') return [];
    block.started = true;
    return [{ tool_calls: [{ index: block.index, function: { arguments: fragment } }] }];
  }

  close(index: unknown): ChatDelta[] {
    const block = this.blocks.get(index);
    this.blocks.delete(index);
    if (block?.kind === 'text') {
      const annotations = decodeCitations(block.citations, block.start, this.textLength);
      return annotations.length > 0 ? [{ annotations }] : [];
    }
    if (block?.kind === 'thinking') {
      return [{ reasoning_details: [thinkingDetail(block.text, block.signature, this.details++)] }];
    }
    if (block?.kind === 'redacted') return [{ reasoning_details: [redactedDetail(block.data, this.details++)] }];
    if (block?.kind !== 'tool' || block.started) return [];
    // A call without arguments sends no fragment, while its input stands in the start event.
    const whole = JSON.stringify(block.input ?? {});
    return [{ tool_calls: [{ index: block.index, function: { arguments: whole } }] }];
  }

  /** The message is over: whatever lacks its own end gets it now. */
  closeAll(): ChatDelta[] {
    return [...this.blocks.keys()].flatMap((index) => this.close(index));
  }

  private openTool(index: unknown, block: JsonObject): ChatDelta {
    const tool = { kind: 'tool', index: this.toolCalls++, input: block['input'], started: false } as const;
    this.blocks.set(index, tool);
    const name = textOr(block['name'], '');
    const id = textOr(block['id'], '');
    return { tool_calls: [{ index: tool.index, id, type: 'function', function: { name, arguments: '' } }] };
  }

  private addText(text: string): ChatDelta[] {
    this.textLength += text.length;
    return text === '' ? [] : [{ content: text }];
  }
}
