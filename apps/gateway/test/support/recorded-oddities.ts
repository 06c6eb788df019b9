import type { ErrorCode } from '@parley/contracts';
import type { Observed } from './recordings.ts';

/** What every recorded error is to our caller. All of them: a recording that is not named here is a mistake. */
export const RECORDED_ERRORS: Readonly<Record<string, ErrorCode>> = {
  'openai/chat.completions-err400--gpt-4o-mini-2': 'provider_refused_request',
  'openai/chat.completions-err400--gpt-4o': 'provider_refused_request',
  'openai/chat.completions-err400--gpt-5-mini': 'provider_refused_request',
  'openai/chat.completions-err400--nomodel': 'provider_refused_request',
  'openai/chat.completions-err400--o1-mini': 'provider_refused_request',
  'openai/chat.completions-err401--gpt-4': 'provider_auth_failed',
  'openai/chat.completions-err401--gpt-4o': 'provider_auth_failed',
  'openai/chat.completions-err404--gpt-3.5-turbo-0613': 'model_not_found',
  'openai/chat.completions-err404--gpt-3.5-turbo-instruct': 'model_not_found',
  'openai/chat.completions-err404--gpt-4.1-nano-wrong': 'model_not_found',
  'openai/chat.completions-err404--gpt-5.2-proo': 'model_not_found',
  'openai/chat.completions-err404--not-found-test-chat-model': 'model_not_found',
  'anthropic/messages-err400--claude-3-opus-20240229': 'provider_refused_request',
  'anthropic/messages-err400--claude-haiku-4-5-20251001': 'context_length_exceeded',
  'anthropic/messages-err400--claude-opus-4-6': 'provider_refused_request',
  'anthropic/messages-err401--claude-3-opus-20240229': 'provider_auth_failed',
  'anthropic/messages-err401--claude-haiku-4-5-20251001': 'provider_auth_failed',
  'anthropic/messages-err404--claude-sonet-4-5': 'model_not_found',
  'gemini/generateContent-err400--gemini-2.5-flash': 'provider_auth_failed',
  'gemini/generateContent-err403--gemini-2.0-flash': 'provider_auth_failed',
  'gemini/generateContent-err403--nomodel': 'provider_auth_failed',
  'gemini/generateContent-err429--gemini-2.5-flash': 'provider_rate_limited',
  'gemini/streamGenerateContent-err400--nomodel': 'provider_refused_request',
};

/**
 * The source kept three answers of one conversation in one body. A connection carries one answer, and the client gets
 * the first: a beginning of what the reading joins.
 */
export const SEVERAL_ANSWERS = 'messages-stream-paralleltools-servertool--claude-sonnet-4-5-20250929';

/** What the reader behind `observed`, which knows no arguments that come in pieces, could not tell. */
export const STREAMED_CALLS: Readonly<Record<string, Observed['tool_calls']>> = {
  'streamGenerateContent-paralleltools-reasoning--gemini-3-flash-preview': [
    { id: null, name: 'read_theme', arguments: {} },
    { id: null, name: 'read_screen', arguments: { id: 'A' } },
    { id: null, name: 'read_screen', arguments: { id: 'B' } },
    { id: null, name: 'read_screen', arguments: { id: 'C' } },
  ],
};

/** The same for the recordings of the other vendors. */
export const VENDOR_ERRORS: Readonly<Record<string, ErrorCode>> = {
  'azure/chat.completions-err404--gpt-4.1': 'model_not_found',
  'bedrock/converse-err400--us.amazon.nova-2-lite-v1-0': 'context_length_exceeded',
  'bedrock/converse-err400--us.amazon.nova-2-lite-v1-3a0': 'provider_refused_request',
  'bedrock/converse-err400--us.anthropic.claude-sonnet-4-5-202': 'provider_refused_request',
  'bedrock/converse-err400--us.anthropic.claude-sonnet-4-5-202-2': 'provider_refused_request',
  'bedrock/converse-err400--us.anthropic.claude-sonnet-4-5-202-3': 'provider_refused_request',
  'bedrock/converse-err403--anthropic.claude-3-sonnet-20240229': 'provider_auth_failed',
  'bedrock/converse-err403--us.amazon.nova-2-lite-v1-0': 'provider_auth_failed',
  'bedrock/converse-stream-err400--does-not-exist': 'model_not_found',
  'cohere/cohere.chat-err401--command-a-03-2025': 'provider_auth_failed',
  'cohere/cohere.chat-err404--command-r': 'model_not_found',
  'cohere/cohere.chat-err404--command-r-plus': 'model_not_found',
  'deepseek/chat.completions-err400--deepseek-chat': 'context_length_exceeded',
  'deepseek/chat.completions-err401--deepseek-chat': 'provider_auth_failed',
  'groq/chat.completions-err400--gpt-oss-120b': 'provider_refused_request',
  'groq/chat.completions-err404--llama-3.3-70b-versatlie': 'model_not_found',
  'groq/chat.completions-err404--non-existent': 'model_not_found',
  'mistral/chat.completions-err401--mistral-small-latest': 'provider_auth_failed',
  'ollama/chat.completions-err400--gpt-oss-120b': 'context_length_exceeded',
  'ollama/chat.completions-err401--gpt-oss-120b': 'provider_auth_failed',
  'ollama/ollama.chat-err404--nonexistent-model-latest': 'model_not_found',
  'openai/responses-err400--gpt-4o': 'provider_refused_request',
  'openai/responses-err400--gpt-5-mini': 'provider_refused_request',
  'openai/responses-err400--gpt-5-mini-2': 'provider_refused_request',
  'openai/responses-err400--gpt-5.2-proo': 'model_not_found',
  'openai/responses-err400--this-model-does-not-exist': 'model_not_found',
  'openai/responses-err401--gpt-4.1': 'provider_auth_failed',
  'openai/responses-err401--gpt-5-nano': 'provider_auth_failed',
  'openai/responses-err401--invalid-model-12345': 'provider_auth_failed',
  'openrouter/chat.completions-err401--claude-haiku-4.5': 'provider_auth_failed',
  'openrouter/chat.completions-err429--gemini-2.0-flash-exp-free': 'provider_rate_limited',
  'openrouter/chat.completions-err429--llama-3.2-3b-instruct-free': 'provider_rate_limited',
  'perplexity/chat.completions-err400--sonar': 'context_length_exceeded',
  'vertex/generateContent-err400--gemini-2.5-flash': 'context_length_exceeded',
  'vertex/generateContent-err400--gemini-2.5-pro-2': 'provider_refused_request',
  'vertex/generateContent-err400--gemini-3-flash-preview': 'provider_refused_request',
  'vertex/generateContent-err400--nomodel-2': 'provider_refused_request',
  'vertex/generateContent-err400--nomodel-5': 'provider_refused_request',
  'vertex/generateContent-err403--nomodel': 'provider_auth_failed',
  'vertex/generateContent-err403--nomodel-2': 'provider_auth_failed',
  'vertex/generateContent-err403--nomodel-3': 'provider_auth_failed',
  'vertex/generateContent-err404--gemini-does-not-exist': 'model_not_found',
  // What is missing is a cache entry, not the model.
  'vertex/generateContent-err404--nomodel': 'provider_refused_request',
  'vertex/streamGenerateContent-err400--nomodel-2': 'provider_auth_failed',
  'vertex/streamGenerateContent-err404--nomodel': 'model_not_found',
  // The recorded status is that of the error after the stream's events; a live call would have answered 200.
  'vertex/streamGenerateContent-err499-promptblocked--nomodel': 'provider_unavailable',
};

/** Answers with status 200 that hold or become a failure. */
export const FAILS_INSIDE: Readonly<Record<string, ErrorCode>> = {
  // The first version of Cohere's API, which Parley does not speak.
  'cohere/cohere.chat-stream-plain--command-2': 'provider_bad_answer',
  'azure/chat.completions-err200--openllmetry-testing': 'content_filtered',
  'groq/chat.completions-stream-errinstream-long-reasoning-toolchoice--gpt-oss-120b': 'provider_refused_request',
  'openrouter/chat.completions-stream-errinstream-maxtokens-reasoning--minimax-m2-free': 'provider_refused_request',
};

/** Bedrock runs these itself: the independent reading takes them for calls to the client. */
export const SERVER_TOOLS: ReadonlySet<string> = new Set(['nova_code_interpreter', 'nova_grounding']);

/** The reading leaves out the text that stands inside `citationsContent`. */
export const CITED_TEXTS: Readonly<Record<string, string>> = {
  'converse-citations-pdf-in--us.anthropic.claude-haiku-4-5-2025': 'Fun fun fun.',
};
