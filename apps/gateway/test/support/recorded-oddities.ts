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
