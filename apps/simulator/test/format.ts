import type { Json } from './json.ts';

export type Wanted = {
  model?: string;
  stream?: boolean;
  key?: string;
  system?: string;
  tools?: boolean;
  forceTool?: string;
  schema?: object;
  image?: string;
  /** A first turn with a call of `book` and its result, after the prompt. */
  toolResult?: string;
};

/** An answer as a client sees it, the same for every vendor; usage with the totals as OpenAI counts them. */
export type Seen = {
  id: string;
  text: string;
  reasoning: string;
  calls: { name: string; arguments: unknown }[];
  finish: string;
  isRefusal: boolean;
  /** `reasoning` is null where the vendor does not tell it apart. */
  usage: { input: number; output: number; cached: number; reasoning: number | null } | null;
};

/** What a test needs to know of one vendor's wire format. */
export type Format = {
  requestIdHeader: string;
  /** What the characters of a stream stand for; absent: UTF-8. */
  streamEncoding?: 'latin1';
  /** What an error event inside a stream holds; absent: `"error":`. */
  failureMark?: string;
  keyHeaders(key: string): Record<string, string>;
  path(wanted: Wanted): string;
  body(prompt: string, wanted: Wanted): object;
  readWhole(body: Json): Seen;
  readStream(text: string): Seen;
  countDeltas(text: string): number;
  modelsPath: string;
  readModels(body: Json): string[];
  /** Where the vendor says what went wrong, if not in `error.message`. */
  errorMessage?(body: Json): string;
};

export const TOOLS = [
  {
    name: 'book',
    description: 'Books a journey',
    schema: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        kind: { type: 'string', enum: ['rail', 'road'] },
        seats: { type: 'integer' },
        note: { type: 'string' },
      },
      required: ['city', 'kind', 'seats'],
    },
  },
  { name: 'cancel', description: 'Cancels it', schema: { type: 'object', properties: {} } },
];
