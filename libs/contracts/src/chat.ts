/**
 * The hub: OpenAI's Chat Completions shape, in which every door and every dialect meets.
 * Source: https://platform.openai.com/docs/api-reference/chat. Extensions are marked as ours.
 * Unknown fields are legal everywhere and survive towards providers that speak this shape.
 */
export type ChatRequest = {
  model: string;
  messages: ChatMessage[];
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean | null; [field: string]: unknown } | null;
  temperature?: number | null;
  top_p?: number | null;
  top_k?: number | null;
  n?: number | null;
  stop?: string | string[] | null;
  seed?: number | null;
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  presence_penalty?: number | null;
  frequency_penalty?: number | null;
  logprobs?: boolean | null;
  top_logprobs?: number | null;
  logit_bias?: Record<string, number> | null;
  user?: string | null;
  tools?: ChatTool[] | null;
  tool_choice?: ChatToolChoice | null;
  parallel_tool_calls?: boolean | null;
  response_format?: ChatResponseFormat | null;
  reasoning_effort?: ReasoningEffort | null;
  service_tier?: string | null;
  metadata?: Record<string, string> | null;
  [field: string]: unknown;
};

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export type ChatRole = 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';

export type ChatMessage = {
  role: ChatRole;
  content?: string | ChatContentPart[] | null;
  name?: string;
  /** Assistant only. */
  tool_calls?: ChatToolCall[] | null;
  /** Assistant only: the answer was a refusal. */
  refusal?: string | null;
  /** Role `tool` only: which call this answers. */
  tool_call_id?: string;
  /** Assistant only, our extension (DeepSeek's name): the reasoning as text. */
  reasoning_content?: string | null;
  /** Assistant only, our extension (OpenRouter's name and shape): opaque reasoning state to be sent back unchanged. */
  reasoning_details?: ReasoningDetail[] | null;
  [field: string]: unknown;
};

/** Anthropic's prompt-caching mark, accepted on parts, messages and tools; other dialects drop it. */
export type CacheControl = { type: 'ephemeral'; ttl?: '5m' | '1h' };

export type ChatContentPart =
  | { type: 'text'; text: string; cache_control?: CacheControl }
  | { type: 'image_url'; image_url: { url: string; detail?: string }; cache_control?: CacheControl }
  | { type: 'input_audio'; input_audio: { data: string; format: string }; cache_control?: CacheControl }
  | { type: 'file'; file: { file_data?: string; filename?: string; file_id?: string }; cache_control?: CacheControl }
  | { type: 'refusal'; refusal: string; cache_control?: CacheControl };

/**
 * A piece of a model's reasoning as the provider gave it.
 * `text` with an optional `signature` (Anthropic), or `encrypted` data (Anthropic redacted_thinking, Gemini thought
 * signatures, OpenAI encrypted reasoning). `id` names what the piece belongs to, where it belongs to something: Gemini's
 * tool call, OpenAI's reasoning item.
 */
export type ReasoningDetail = {
  type: 'reasoning.text' | 'reasoning.encrypted' | 'reasoning.summary';
  text?: string | null;
  summary?: string | null;
  signature?: string | null;
  data?: string | null;
  id?: string | null;
  /** OpenAI only: the tool call before which the piece stood, where it did not lead the turn. */
  tool_call_id?: string | null;
  /** Which dialect can read it back. */
  format: 'anthropic-claude-v1' | 'bedrock-converse-v1' | 'google-gemini-v1' | 'openai-responses-v1' | 'unknown';
  index?: number;
};

export type ChatToolCall = {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
  [field: string]: unknown;
};

export type ChatTool = {
  type: 'function';
  function: {
    name: string;
    description?: string;
    parameters?: Record<string, unknown> | null;
    strict?: boolean | null;
  };
  cache_control?: CacheControl;
  [field: string]: unknown;
};

export type ChatToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { type: 'function'; function: { name: string } }
  | { type: 'allowed_tools'; allowed_tools: { mode: 'auto' | 'required'; tools: unknown[] } };

export type ChatResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      json_schema: { name: string; description?: string; schema?: Record<string, unknown>; strict?: boolean | null };
    };

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

export type ChatCompletion = {
  id: string;
  object: 'chat.completion';
  /** Unix seconds. */
  created: number;
  model: string;
  choices: ChatChoice[];
  usage?: ChatUsage | null;
  [field: string]: unknown;
};

export type ChatChoice = {
  index: number;
  message: ChatAnswerMessage;
  finish_reason: FinishReason;
  logprobs?: ChatLogprobs | null;
  [field: string]: unknown;
};

export type ChatAnswerMessage = {
  role: 'assistant';
  content: string | null;
  refusal?: string | null;
  tool_calls?: ChatToolCall[];
  reasoning_content?: string | null;
  reasoning_details?: ReasoningDetail[];
  /** OpenAI's shape: `url_citation` entries. */
  annotations?: unknown[];
  [field: string]: unknown;
};

export type ChatLogprobs = { content: unknown[] | null; refusal?: unknown[] | null };

/** Where usage keeps the cost that a provider named: a symbol, so that no JSON for a client can ever show it. */
export const REPORTED_COST_NANO_USD: unique symbol = Symbol('the cost that the provider reported, in nano-USD');

/** The same for what a provider bills where that is not what it counts (Cohere leaves out its own instructions). */
export const BILLED_TOKENS: unique symbol = Symbol('the tokens that the provider bills');

/** `prompt_tokens` includes cached ones, `completion_tokens` includes reasoning; the details split them. */
export type ChatUsage = {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: {
    cached_tokens?: number | null;
    /** Tokens written to the provider's prompt cache (all lifetimes). */
    cache_write_tokens?: number | null;
    /** Our extension: the part of `cache_write_tokens` kept for one hour, which costs more. */
    cache_write_1h_tokens?: number | null;
    audio_tokens?: number | null;
    [field: string]: unknown;
  } | null;
  completion_tokens_details?: { reasoning_tokens?: number | null; [field: string]: unknown } | null;
  [REPORTED_COST_NANO_USD]?: number;
  [BILLED_TOKENS]?: { input: number; output: number };
  [field: string]: unknown;
};

export type ChatCompletionChunk = {
  id: string;
  object: 'chat.completion.chunk';
  /** Unix seconds. */
  created: number;
  model: string;
  choices: ChatChunkChoice[];
  /** On the last chunk (with `choices: []`), when the caller asked for it. */
  usage?: ChatUsage | null;
  [field: string]: unknown;
};

export type ChatChunkChoice = {
  index: number;
  delta: ChatDelta;
  finish_reason: FinishReason | null;
  logprobs?: ChatLogprobs | null;
  [field: string]: unknown;
};

export type ChatDelta = {
  role?: 'assistant';
  content?: string | null;
  refusal?: string | null;
  tool_calls?: ChatToolCallDelta[];
  reasoning_content?: string | null;
  reasoning_details?: ReasoningDetail[];
  annotations?: unknown[];
  [field: string]: unknown;
};

/** The first fragment of a call carries `id`, `type` and `function.name`; later ones only `function.arguments`. */
export type ChatToolCallDelta = {
  index: number;
  id?: string;
  type?: 'function';
  function?: { name?: string; arguments?: string };
};
