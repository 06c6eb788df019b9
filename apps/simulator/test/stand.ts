import type { VendorName } from '../src/ask.ts';
import type { JournalEntry } from '../src/journal.ts';
import { anthropicStand } from './anthropic-stand.ts';
import { geminiStand } from './gemini-stand.ts';
import { openaiStand } from './openai-stand.ts';

export const VENDOR_NAMES: VendorName[] = ['openai', 'anthropic', 'gemini'];

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
  ids: string[];
  text: string;
  reasoning: string;
  calls: { name: string; arguments: unknown }[];
  finish: string;
  isRefusal: boolean;
  usage: { input: number; output: number; cached: number; reasoning: number } | null;
};

// oxlint is right that `any` has no place in the code; a reader of unknown JSON in tests walks it by path instead.
export type Json = { [name: string]: Json } & Json[] & string & number & boolean & null;

/** What a test needs to know of one vendor's wire format. */
export type Format = {
  requestIdHeader: string;
  keyHeaders(key: string): Record<string, string>;
  path(wanted: Wanted): string;
  body(prompt: string, wanted: Wanted): object;
  readWhole(body: Json): Seen;
  readStream(text: string): Seen;
  countDeltas(text: string): number;
  modelsPath: string;
  readModels(body: Json): string[];
};

export type Stand = Pick<Format, 'requestIdHeader' | 'countDeltas'> & {
  send(prompt: string, wanted?: Wanted, signal?: AbortSignal): Promise<Response>;
  sendRaw(body: string): Promise<Response>;
  ask(prompt: string, wanted?: Wanted): Promise<Seen>;
  askStream(prompt: string, wanted?: Wanted): Promise<Seen & { deltas: number }>;
  askWithToolResult(prompt: string, result: string): Promise<Seen>;
  errorMessage(body: unknown): string;
  models(): Promise<string[]>;
};

const FORMATS: Record<VendorName, Format> = { openai: openaiStand, anthropic: anthropicStand, gemini: geminiStand };

export function standFor(name: VendorName, url: string): Stand {
  const format = FORMATS[name];
  const post = (body: string, wanted: Wanted, signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}${format.path(wanted)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...format.keyHeaders(wanted.key ?? 'any') },
      body,
      signal,
    });
  const send = (prompt: string, wanted: Wanted = {}, signal?: AbortSignal): Promise<Response> =>
    post(JSON.stringify(format.body(prompt, wanted)), wanted, signal);
  const ask = async (prompt: string, wanted: Wanted = {}): Promise<Seen> => {
    const answer = await send(prompt, wanted);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
    return format.readWhole(parse(text));
  };
  return {
    requestIdHeader: format.requestIdHeader,
    countDeltas: (text) => format.countDeltas(text),
    send,
    sendRaw: (body) => post(body, {}),
    ask,
    askStream: async (prompt, wanted = {}) => {
      const answer = await send(prompt, { ...wanted, stream: true });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
      return { ...format.readStream(text), deltas: format.countDeltas(text) };
    },
    askWithToolResult: (prompt, toolResult) => ask(prompt, { tools: true, toolResult }),
    errorMessage: (body) => String((body as Json).error?.message ?? ''),
    models: async () => {
      const answer = await fetch(`${url}${format.modelsPath}`, { headers: format.keyHeaders('any') });
      return format.readModels(parse(await answer.text()));
    },
  };
}

export function parse(text: string): Json {
  return JSON.parse(text) as Json;
}

export async function journal(url: string, limit = 500): Promise<JournalEntry[]> {
  const answer = await fetch(`${url}/__sim/requests?limit=${limit}`);
  return ((await answer.json()) as { requests: JournalEntry[] }).requests;
}

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
