import type { ChatUsage } from '@parley/contracts';

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.trunc(value) : undefined;

/**
 * Usage as compatible providers report it, or null where it cannot be believed: absent, negative or not numbers. A
 * provider that reports nothing but zeros did not count. Details that are there are kept, unknown ones too.
 */
export function readUsage(value: unknown): ChatUsage | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const usage = value as Partial<ChatUsage>;
  const prompt = count(usage.prompt_tokens);
  const completion = count(usage.completion_tokens);
  if (prompt === undefined || completion === undefined || prompt + completion === 0) return null;
  const total = count(usage.total_tokens) ?? prompt + completion;
  if (usage.prompt_tokens === prompt && usage.completion_tokens === completion && usage.total_tokens === total) {
    return usage as ChatUsage;
  }
  return { ...usage, prompt_tokens: prompt, completion_tokens: completion, total_tokens: total };
}
