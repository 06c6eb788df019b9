import type { VendorName } from './ask.ts';

export type JournalEntry = {
  time: string;
  dialect: VendorName;
  model: string | null;
  stream: boolean;
  /** Of the conversation as it was understood; items that are no messages by their type. */
  roles: string[];
  markers: string[];
  /** Null until the answer begins. */
  status: number | null;
  /** The client left before the answer was complete. */
  aborted: boolean;
};

const CAPACITY = 500;

/** The last 500 requests, oldest first. */
export class Journal {
  #entries: JournalEntry[] = [];

  open(dialect: VendorName): JournalEntry {
    const entry: JournalEntry = {
      time: new Date().toISOString(),
      dialect,
      model: null,
      stream: false,
      roles: [],
      markers: [],
      status: null,
      aborted: false,
    };
    this.#entries.push(entry);
    if (this.#entries.length > CAPACITY) this.#entries.shift();
    return entry;
  }

  last(limit: number): JournalEntry[] {
    return limit > 0 ? this.#entries.slice(-limit) : [];
  }

  clear(): void {
    this.#entries = [];
  }
}
