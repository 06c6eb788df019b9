import type { EmbeddingAsk } from './embedding.ts';
import type { JsonObject } from './json.ts';

export type VendorName = 'openai' | 'openai-responses' | 'anthropic' | 'gemini' | 'bedrock' | 'ollama' | 'cohere';

export type Media = { mime: string; bytes: number } | { url: string };

export type AskedTool = { name: string; schema: JsonObject };

/** What a vendor understood of a request: the same form for every wire format. */
export type Ask = {
  vendor: VendorName;
  model: string;
  stream: boolean;
  system: string;
  roles: string[];
  /** Text of the last user message with text in it, the only one whose markers count. */
  lastUserText: string;
  /** Characters of all text, for the deterministic usage figures. */
  promptCharacters: number;
  images: Media[];
  files: Media[];
  toolResults: { name: string; content: string }[];
  endsWithToolResults: boolean;
  tools: AskedTool[];
  /** As the vendor calls it: `auto`, `required`, `any`, a tool's name... Null when the request says nothing. */
  toolChoice: string | null;
  /** The tool that must be called: a name, `*` for any, null for none. */
  forcedTool: string | null;
  /** Null when free text is wanted; an empty schema when any JSON will do. */
  jsonSchema: JsonObject | null;
  reasoningDisabled: boolean;
  /** OpenAI `n`, Gemini `candidateCount`. */
  choiceCount: number;
  /** Null when no log probabilities are wanted, else how many alternatives per token. */
  logprobs: number | null;
  /** OpenAI `stream_options.include_usage`. */
  includeUsage: boolean;
  /** Gemini streams are SSE with `alt=sse` and one JSON array without. */
  framing: 'sse' | 'json-array';
  /** Null: the request is a chat. */
  embedding: EmbeddingAsk | null;
  /** Only its tokens are asked for. */
  isCount: boolean;
  /** Every other parameter under the vendor's own name, as it was sent. */
  params: JsonObject;
};

export function createAsk(vendor: VendorName, model: string, stream: boolean): Ask {
  return {
    vendor,
    model,
    stream,
    system: '',
    roles: [],
    lastUserText: '',
    promptCharacters: 0,
    images: [],
    files: [],
    toolResults: [],
    endsWithToolResults: false,
    tools: [],
    toolChoice: null,
    forcedTool: null,
    jsonSchema: null,
    reasoningDisabled: false,
    choiceCount: 1,
    logprobs: null,
    includeUsage: false,
    framing: 'sse',
    embedding: null,
    isCount: false,
    params: {},
  };
}

/** Files a medium under images or files, by its mime type. */
export function addMedia(ask: Ask, media: Media, isImage: boolean): void {
  (isImage ? ask.images : ask.files).push(media);
}
