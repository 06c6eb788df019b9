import type { ChatRequest } from '@parley/contracts';
import type { Loss } from './dialect.ts';

/** The hub's fields that are written under some name, and those that are ours alone and mean nothing to a provider. */
export const HUB_FIELDS = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'n',
  'models',
  'provider',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
] as const;

/** Reports the fields of a request that a dialect does not write. */
export function reportUnsent(request: ChatRequest, handled: ReadonlySet<string>, losses: Loss[]): void {
  for (const [param, value] of Object.entries(request)) {
    if (handled.has(param) || !asksForSomething(param, value)) continue;
    losses.push({ param, action: 'dropped', reason: 'the provider has no such field' });
  }
}

/** Whether leaving the field out changes anything: many clients send every field with its default. */
export function asksForSomething(param: string, value: unknown): boolean {
  if (param === 'parallel_tool_calls') return value === false;
  if (param === 'service_tier') return typeof value === 'string' && value !== 'auto' && value !== 'default';
  if (value === undefined || value === null || value === false || value === '') return false;
  // An empty object asks for a search with every default.
  return param === 'web_search_options' || typeof value !== 'object' || Object.keys(value).length > 0;
}
