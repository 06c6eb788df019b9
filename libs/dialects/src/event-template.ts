/** The JSON members in which the events of one kind differ: the text itself, padding beside it, and counters. */
export type VaryingMembers = { text: readonly string[]; padding?: readonly string[]; numbers?: readonly string[] };

type Kind = 'text' | 'padding' | 'number';

/**
 * What the events of one kind have in common: the fixed text between the values that vary. An event that matches differs
 * from one that was read and found right only inside strings and digits of those members, so it needs no reading: the same
 * type and id, no finish, no failure. Works on text with one character for each byte (latin1).
 */
export type EventTemplate = { readonly literals: readonly string[]; readonly kinds: readonly Kind[] };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What a byte of a JSON string means: most of them nothing but themselves. */
const PLAIN = 0;
const ENDS = 1;
const NOT_ALLOWED = 2;
/** Goes on with a character of several bytes, so that it is none of its own. */
const CONTINUES = 3;
/** Begins a character of four bytes, which `length` counts twice. */
const COUNTS_TWICE = 4;
const ESCAPES = 5;
const MEANINGS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === QUOTE) return ENDS;
  if (byte === BACKSLASH) return ESCAPES;
  if (byte < 0x20) return NOT_ALLOWED;
  if (byte >= 0xf0) return COUNTS_TWICE;
  return byte >= 0x80 && byte < 0xc0 ? CONTINUES : PLAIN;
});
const HEX_DIGITS = /^[0-9a-fA-F]{4}/;
const SIMPLE_ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const LETTER_U = 0x75;

/** Makes templates of events, and finds the events that match them. One for each kind of stream: the members are fixed. */
export class EventTemplates {
  private readonly kinds: ReadonlyMap<string, Kind>;
  private readonly memberStart: RegExp;
  /** How many characters the text of the last match has, escapes counted as they are written. */
  matchedChars = 0;
  /** Of the last string: kept here and above, since an object for each delta would be garbage. */
  private chars = 0;

  constructor({ text, padding = [], numbers = [] }: VaryingMembers) {
    this.kinds = new Map<string, Kind>([
      ...text.map((name) => [name, 'text'] as const),
      ...padding.map((name) => [name, 'padding'] as const),
      ...numbers.map((name) => [name, 'number'] as const),
    ]);
    // Inside of a string the quotes of a name would be escaped, so this finds members only.
    this.memberStart = new RegExp(`"(${[...this.kinds.keys()].join('|')})"[ \\t]*:[ \\t]*("|(?=[0-9]))`, 'g');
  }

  /** The template of an event from its first byte to its blank line; undefined: nothing in it varies. */
  derive(block: string): EventTemplate | undefined {
    const literals: string[] = [];
    const kinds: Kind[] = [];
    const { memberStart } = this;
    let from = 0;
    memberStart.lastIndex = 0;
    for (let found = memberStart.exec(block); found; found = memberStart.exec(block)) {
      const kind = this.kinds.get(found[1]!)!;
      // A member whose value is of another kind is no place to vary.
      if ((kind === 'number') === (found[2] === '"')) continue;
      const start = memberStart.lastIndex;
      const end = this.valueEnd(kind, block, start);
      if (end < 0) return undefined;
      literals.push(block.slice(from, start));
      kinds.push(kind);
      from = end;
      memberStart.lastIndex = end;
    }
    if (!kinds.includes('text')) return undefined;
    return { literals: [...literals, block.slice(from)], kinds };
  }

  /** Where the event ends that starts at `at`; 0: it is of another kind, or not whole. */
  match({ literals, kinds }: EventTemplate, text: string, at: number): number {
    if (!isAt(text, at, literals[0]!)) return 0;
    let position = at + literals[0]!.length;
    let chars = 0;
    for (let i = 0; i < kinds.length; i++) {
      const end = this.valueEnd(kinds[i]!, text, position);
      const literal = literals[i + 1]!;
      if (end < 0 || !isAt(text, end, literal)) return 0;
      if (kinds[i] === 'text') chars += this.chars;
      position = end + literal.length;
    }
    this.matchedChars = chars;
    return position;
  }

  /** Where the value ends that starts at `start`; -1: it is none, or not whole. */
  private valueEnd(kind: Kind, text: string, start: number): number {
    return kind === 'number' ? numberEnd(text, start) : this.stringEnd(text, start);
  }

  /** The closing quote. What is no valid JSON string is for a parser to refuse. */
  private stringEnd(text: string, start: number): number {
    let uncounted = 0;
    for (let at = start; at < text.length; at++) {
      const meaning = MEANINGS[text.charCodeAt(at)];
      if (meaning === PLAIN) continue;
      if (meaning === ENDS) {
        this.chars = at - start - uncounted;
        return at;
      }
      if (meaning === CONTINUES) uncounted += 1;
      else if (meaning === COUNTS_TWICE) uncounted -= 1;
      else {
        const length = meaning === ESCAPES ? escapeLength(text, at) : 0;
        if (length === 0) return -1;
        uncounted += length - 1;
        at += length - 1;
      }
    }
    return -1;
  }
}

function escapeLength(text: string, at: number): number {
  const letter = text.charCodeAt(at + 1);
  if (SIMPLE_ESCAPES.has(letter)) return 2;
  return letter === LETTER_U && HEX_DIGITS.test(text.slice(at + 2, at + 6)) ? 6 : 0;
}

/** A whole number without a sign, as JSON writes it. */
function numberEnd(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at += 1;
  const hasLeadingZero = at > start + 1 && text.charCodeAt(start) === 0x30;
  return at === start || hasLeadingZero ? -1 : at;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Four times as fast as `startsWith`, which compares character by character. */
const isAt = (text: string, at: number, literal: string): boolean => text.slice(at, at + literal.length) === literal;
