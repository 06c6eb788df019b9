import type { Capabilities } from '@parley/contracts';

/** They answer at once, although their names are those of a reasoning family. */
const CHAT_VARIANT = /-chat(?:-|$)/;
/** They know neither `system` nor `developer`. */
const FIRST_O1 = /^o1-(?:mini|preview)/;

/**
 * What a model of OpenAI's takes, from its name: reasoning models refuse `max_tokens` and sampling parameters, and from
 * GPT-5.1 to 5.5 they take the latter as long as they do not reason, which is their default.
 * Source: https://platform.openai.com/docs/guides/reasoning, https://platform.openai.com/docs/guides/latest-model
 */
export function openaiCapabilitiesOf(upstreamModel: string): Capabilities {
  if (/^(?:gpt-3|gpt-4|chatgpt-4)/.test(upstreamModel)) return { reasoning: 'none' };
  if (/^o\d/.test(upstreamModel)) {
    return {
      reasoning: 'effort',
      sampling: false,
      parallel_tool_calls: false,
      max_completion_tokens: true,
      system_role: FIRST_O1.test(upstreamModel) ? 'user' : 'developer',
    };
  }
  if (/^(?:codex|computer-use)/.test(upstreamModel)) return { reasoning: 'effort', sampling: false };
  const [, major, minor = '0'] = /^gpt-(\d+)(?:\.(\d+))?/.exec(upstreamModel) ?? [];
  if (major === undefined) return {};
  if (CHAT_VARIANT.test(upstreamModel)) return { max_completion_tokens: true };
  const reasonsOnlyIfAsked = major === '5' && Number(minor) >= 1 && Number(minor) <= 5;
  return {
    reasoning: 'effort',
    sampling: reasonsOnlyIfAsked ? 'without_reasoning' : false,
    max_completion_tokens: true,
  };
}
