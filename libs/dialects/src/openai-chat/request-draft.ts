import type { ChatRequest } from '@parley/contracts';
import type { Loss } from '../dialect.ts';

/** Values that ask for nothing: leaving them out is no loss. */
const ASKS_NOTHING: Readonly<Record<string, unknown>> = {
  temperature: 1,
  top_p: 1,
  n: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  logprobs: false,
  top_logprobs: 0,
  parallel_tool_calls: true,
  reasoning_effort: 'none',
  store: false,
};

/** A request on its way up: what the client sent, and what is changed of it. The request itself stays as it is. */
export class RequestDraft {
  /** New values by field; undefined: left out. */
  readonly edits = new Map<string, unknown>();
  readonly losses: Loss[] = [];

  constructor(private readonly request: ChatRequest) {}

  /** What goes up; undefined: nothing. */
  get(field: string): unknown {
    return this.edits.has(field) ? this.edits.get(field) : this.request[field];
  }

  set(field: string, value: unknown): void {
    this.edits.set(field, value);
  }

  /** Leaves a field out without a report: nothing is lost by it. */
  remove(field: string): void {
    if (this.get(field) !== undefined) this.edits.set(field, undefined);
  }

  /** Moves a value to the vendor's name for it. A value that the client gave under that very name stays. */
  rename(from: string, to: string): void {
    const value = this.get(from);
    this.remove(from);
    if (value != null && this.get(to) == null) this.set(to, value);
  }

  /** Leaves a field out, and reports it where it asked for something. */
  drop(field: string, reason: string): void {
    const value = this.get(field);
    if (value === undefined) return;
    this.remove(field);
    if (value !== null && value !== ASKS_NOTHING[field]) this.losses.push({ param: field, action: 'dropped', reason });
  }
}
