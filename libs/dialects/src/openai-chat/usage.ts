import type { ChatUsage } from '@parley/contracts';

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.trunc(value) : undefined;

/** Names beside `prompt_tokens_details` for tokens read from a cache: Databricks, Together and Moonshot, DeepSeek, Mistral. */
const CACHE_READ = [
  'cache_read_input_tokens',
  'cached_tokens',
  'prompt_cache_hit_tokens',
  'num_cached_tokens',
] as const;
/** And for tokens written to one. */
const CACHE_WRITTEN = ['cache_creation_input_tokens'] as const;

/**
 * Usage as compatible providers report it, or null where it cannot be believed: absent, negative or not numbers. A
 * provider that reports nothing but zeros did not count. Details that are there are kept, unknown ones too, and those
 * with names of their own are added under OpenAI's.
 */
export function readUsage(value: unknown): ChatUsage | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const usage = value as ChatUsage;
  const prompt = count(usage.prompt_tokens);
  const reported = count(usage.completion_tokens);
  if (prompt === undefined || reported === undefined || prompt + reported === 0) return null;
  const completion = reported + reasoningBeside(usage, prompt + reported);
  const total = count(usage.total_tokens) ?? prompt + completion;
  const details = cacheDetails(usage);
  if (
    usage.prompt_tokens === prompt &&
    usage.completion_tokens === completion &&
    usage.total_tokens === total &&
    !details
  ) {
    return usage;
  }
  return {
    ...usage,
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: total,
    ...(details && { prompt_tokens_details: { ...usage.prompt_tokens_details, ...details } }),
  };
}

/** xAI counts reasoning beside the completion, and only the total holds both. */
function reasoningBeside(usage: ChatUsage, sum: number): number {
  const reasoning = count(usage.completion_tokens_details?.reasoning_tokens) ?? 0;
  return reasoning > 0 && usage.total_tokens === sum + reasoning ? reasoning : 0;
}

/** What is known of the cache only under names of the vendor's own; undefined: nothing. */
function cacheDetails(usage: ChatUsage): ChatUsage['prompt_tokens_details'] | undefined {
  const known = usage.prompt_tokens_details;
  const read = known?.cached_tokens == null ? firstCount(usage, CACHE_READ) : 0;
  const written = known?.cache_write_tokens == null ? firstCount(usage, CACHE_WRITTEN) : 0;
  if (read === 0 && written === 0) return undefined;
  return { ...(read > 0 && { cached_tokens: read }), ...(written > 0 && { cache_write_tokens: written }) };
}

function firstCount(usage: ChatUsage, fields: readonly string[]): number {
  for (const field of fields) {
    const tokens = count(usage[field]);
    if (tokens) return tokens;
  }
  return 0;
}
