import { thinkingBlock } from './door-reasoning.ts';
import type { JsonObject } from '../json-values.ts';

/** Writes one event of a message's stream. */
export function writeEvent(type: string, fields: JsonObject = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

type Kind = 'text' | 'thinking' | 'tool_use';

/** The delta of each kind of block, and the field that grows. */
const DELTAS: Record<Kind, [type: string, field: string]> = {
  text: ['text_delta', 'text'],
  thinking: ['thinking_delta', 'thinking'],
  tool_use: ['input_json_delta', 'partial_json'],
};

const DELTA_END = '}}\n\n';

/** Writes content blocks one after the other: what belongs into another block closes the one that is open. */
export class BlockWriter {
  private kind: Kind | undefined;
  private nextIndex = 0;
  /** What every delta of the open block begins with. */
  private deltaStart = '';

  isOpen(kind: Kind): boolean {
    return this.kind === kind;
  }

  addText(text: string): string {
    return this.ensure('text', { type: 'text', text: '' }) + this.grow(text);
  }

  addThought(thought: string): string {
    return this.ensure('thinking', thinkingBlock('', '')) + this.grow(thought);
  }

  /** Ends a thought with its signature; one that shows nothing has a block all the same. */
  signThought(signature: string): string {
    const opened = this.ensure('thinking', thinkingBlock('', ''));
    const delta = { type: 'signature_delta', signature };
    return opened + writeEvent('content_block_delta', { index: this.nextIndex - 1, delta }) + this.close();
  }

  openTool(id: string, name: string): string {
    return this.close() + this.open('tool_use', { type: 'tool_use', id, name, input: {} });
  }

  /** For the tool that is open. */
  addInput(fragment: string): string {
    return fragment === '' ? '' : this.grow(fragment);
  }

  /** A block that comes in one piece. */
  addWhole(block: JsonObject): string {
    const closed = this.close();
    const index = this.nextIndex++;
    const start = writeEvent('content_block_start', { index, content_block: block });
    return closed + start + writeEvent('content_block_stop', { index });
  }

  close(): string {
    if (this.kind === undefined) return '';
    this.kind = undefined;
    return writeEvent('content_block_stop', { index: this.nextIndex - 1 });
  }

  private ensure(kind: Kind, block: JsonObject): string {
    return this.kind === kind ? '' : this.close() + this.open(kind, block);
  }

  private open(kind: Kind, block: JsonObject): string {
    const index = this.nextIndex++;
    const [type, field] = DELTAS[kind];
    this.kind = kind;
    this.deltaStart = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`;
    return writeEvent('content_block_start', { index, content_block: block });
  }

  private grow(text: string): string {
    return this.deltaStart + JSON.stringify(text) + DELTA_END;
  }
}
