import type { ChatToolCallDelta } from '@parley/contracts';
import type { BlockWriter } from './door-stream-blocks.ts';

type Call = { id: string; name: string; input: string };

/**
 * Brings tool calls, whose fragments may come in any order, into blocks that follow each other. The fragments of one call
 * flow as they come; the next call waits until the input before it is a whole JSON object.
 */
export class CallQueue {
  private readonly calls = new Map<number, Call>();
  private waiting: Call[] = [];
  private current: Call | undefined;

  constructor(
    private readonly blocks: BlockWriter,
    /** What has to stand before a call. */
    private readonly before: () => string,
  ) {}

  add(fragments: readonly ChatToolCallDelta[]): string {
    let text = '';
    for (const { index, id = '', function: part } of fragments) {
      const fragment = part?.arguments ?? '';
      const known = this.calls.get(index);
      if (known) known.input += fragment;
      else this.enqueue(index, { id, name: part?.name ?? '', input: fragment });
      if (known && known === this.current) text += this.blocks.addInput(fragment);
      while (this.waiting.length > 0 && (!this.current || isWhole(this.current.input))) text += this.openNext();
    }
    return text;
  }

  /** No more fragments will come: writes the calls that still wait. */
  finish(): string {
    let text = '';
    while (this.waiting.length > 0) text += this.openNext();
    if (!this.current) return text;
    this.current = undefined;
    return text + this.blocks.close();
  }

  private enqueue(index: number, call: Call): void {
    this.calls.set(index, call);
    this.waiting.push(call);
  }

  private openNext(): string {
    const call = this.waiting.shift()!;
    const before = this.before();
    this.current = call;
    return before + this.blocks.openTool(call.id, call.name) + this.blocks.addInput(call.input);
  }
}

function isWhole(input: string): boolean {
  if (!input.trimEnd().endsWith('}')) return false;
  try {
    JSON.parse(input);
    return true;
  } catch {
    return false;
  }
}
