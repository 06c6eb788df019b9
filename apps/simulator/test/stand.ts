import type { VendorName } from '../src/ask.ts';
import type { JournalEntry } from '../src/journal.ts';
import { anthropicStand } from './anthropic-stand.ts';
import { bedrockStand } from './bedrock-stand.ts';
import { cohereStand } from './cohere-stand.ts';
import type { Format, Seen, Wanted } from './format.ts';
import { geminiStand } from './gemini-stand.ts';
import { parse, textAt } from './json.ts';
import { ollamaStand } from './ollama-stand.ts';
import { openaiResponsesStand } from './openai-responses-stand.ts';
import { openaiStand } from './openai-stand.ts';

export const VENDOR_NAMES: VendorName[] = [
  'openai',
  'openai-responses',
  'anthropic',
  'gemini',
  'bedrock',
  'ollama',
  'cohere',
];

export type Stand = Pick<Format, 'requestIdHeader' | 'countDeltas'> & {
  failureMark: string;
  send(prompt: string, wanted?: Wanted, signal?: AbortSignal): Promise<Response>;
  sendRaw(body: string): Promise<Response>;
  ask(prompt: string, wanted?: Wanted): Promise<Seen>;
  askStream(prompt: string, wanted?: Wanted): Promise<Seen & { deltas: number }>;
  askWithToolResult(prompt: string, result: string): Promise<Seen>;
  errorMessage(body: string): string;
  models(): Promise<string[]>;
};

const FORMATS: Record<VendorName, Format> = {
  openai: openaiStand,
  'openai-responses': openaiResponsesStand,
  anthropic: anthropicStand,
  gemini: geminiStand,
  bedrock: bedrockStand,
  ollama: ollamaStand,
  cohere: cohereStand,
};

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
    failureMark: format.failureMark ?? '"error":',
    countDeltas: (text) => format.countDeltas(text),
    send,
    sendRaw: (body) => post(body, {}),
    ask,
    askStream: async (prompt, wanted = {}) => {
      const answer = await send(prompt, { ...wanted, stream: true });
      const text = Buffer.from(await answer.arrayBuffer()).toString(format.streamEncoding);
      if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
      return { ...format.readStream(text), deltas: format.countDeltas(text) };
    },
    askWithToolResult: (prompt, toolResult) => ask(prompt, { tools: true, toolResult }),
    errorMessage: (text) => format.errorMessage?.(parse(text)) ?? textAt(parse(text), 'error', 'message'),
    models: async () => {
      const answer = await fetch(`${url}${format.modelsPath}`, { headers: format.keyHeaders('any') });
      return format.readModels(parse(await answer.text()));
    },
  };
}

export async function journal(url: string, limit = 500): Promise<JournalEntry[]> {
  const answer = await fetch(`${url}/__sim/requests?limit=${limit}`);
  return ((await answer.json()) as { requests: JournalEntry[] }).requests;
}
