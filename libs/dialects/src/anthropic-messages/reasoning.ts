import type { ChatRequest, ReasoningEffort } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import type { Turn } from './messages.ts';

/** Thinking tokens per level. Anthropic's least is 1024; beyond 32,000 its own guide advises batch processing. */
const BUDGET_TOKENS: Record<Exclude<ReasoningEffort, 'none'>, number> = {
  minimal: 1024,
  low: 4096,
  medium: 10_000,
  high: 20_000,
  xhigh: 32_000,
  max: 48_000,
};
const LEAST_BUDGET_TOKENS = 1024;
/** The part of the answer's tokens that thinking may take; the rest stays for the text. */
const BUDGET_SHARE = 0.8;
const DEFAULT_MAX_TOKENS = 4096;

/**
 * Models since Opus 4.7 send signatures without text unless the text is asked for, which is the older ones' default.
 * Source: https://docs.claude.com/en/docs/build-with-claude/adaptive-thinking
 */
const ADAPTIVE: JsonObject = { type: 'adaptive', display: 'summarized' };

export type Reasoning = { maxTokens: number; thinking?: JsonObject; effort?: string };

/**
 * Turns `reasoning_effort` into what the model understands: `thinking`, `output_config.effort` or both.
 * A model whose way is not known gets a token budget, the form that most models and compatible services accept, and
 * only where `max_tokens` leaves room for it. Native `thinking` says the same more exactly and wins.
 */
export function encodeReasoning(request: ChatRequest, target: Target, turns: Turn[], losses: Loss[]): Reasoning {
  const maxTokens = encodeMaxTokens(request, target, losses);
  const effort = request.reasoning_effort ?? undefined;
  if (isObject(request['thinking'])) {
    const { budget_tokens: budget } = request['thinking'];
    const grown = typeof budget === 'number' && !hasCeiling(request, target) ? maxTokens + budget : maxTokens;
    return { maxTokens: grown, thinking: request['thinking'] };
  }
  if (effort === undefined) return { maxTokens };
  const way = target.capabilities.reasoning;
  if (effort === 'none') return withoutReasoning(maxTokens, way, losses);
  if (way === 'none') {
    losses.push({ param: 'reasoning_effort', action: 'dropped', reason: 'the model does not reason' });
    return { maxTokens };
  }
  // Anthropic has no level below `low`.
  const level = effort === 'minimal' ? 'low' : effort;
  if (way === 'effort') return { maxTokens, effort: level };
  if (way === 'adaptive') return { maxTokens, thinking: ADAPTIVE, effort: level };
  return withBudget(BUDGET_TOKENS[effort], maxTokens, request, target, turns, losses);
}

/** The ceiling of an answer: as asked, but no more than the model can give; where nothing is asked, a default. */
export function encodeMaxTokens(request: ChatRequest, target: Target, losses: Loss[]): number {
  const asked = request.max_completion_tokens ?? request.max_tokens;
  const most = target.maxOutputTokens;
  if (asked === null || asked === undefined) return most ?? DEFAULT_MAX_TOKENS;
  if (most === null || asked <= most) return asked;
  // Anthropic refuses more than the model can give, while a ceiling that is never reached changes no answer.
  const param = typeof request.max_completion_tokens === 'number' ? 'max_completion_tokens' : 'max_tokens';
  losses.push({ param, action: 'emulated', reason: `lowered to ${most}, the most that the model answers with` });
  return most;
}

/** False where our own default stands: it grows by the thinking budget, so that thinking does not eat the answer. */
function hasCeiling(request: ChatRequest, target: Target): boolean {
  return (request.max_completion_tokens ?? request.max_tokens ?? target.maxOutputTokens) !== null;
}

function withoutReasoning(maxTokens: number, way: Target['capabilities']['reasoning'], losses: Loss[]): Reasoning {
  if (way === 'budget' || way === 'adaptive') return { maxTokens, thinking: { type: 'disabled' } };
  if (way !== 'effort') return { maxTokens };
  losses.push({ param: 'reasoning_effort', action: 'emulated', reason: 'sent as low, the least level' });
  return { maxTokens, effort: 'low' };
}

function withBudget(
  wantedTokens: number,
  maxTokens: number,
  request: ChatRequest,
  target: Target,
  turns: Turn[],
  losses: Loss[],
): Reasoning {
  if (continuesWithoutThinking(turns)) {
    const reason = 'the last assistant turn came without its reasoning_details';
    losses.push({ param: 'reasoning_effort', action: 'dropped', reason });
    return { maxTokens };
  }
  const ceiling = hasCeiling(request, target) ? maxTokens : maxTokens + wantedTokens;
  const budgetTokens = Math.min(wantedTokens, Math.floor(ceiling * BUDGET_SHARE));
  if (budgetTokens < LEAST_BUDGET_TOKENS) {
    losses.push({ param: 'reasoning_effort', action: 'dropped', reason: 'max_tokens leaves no room for reasoning' });
    return { maxTokens };
  }
  return { maxTokens: ceiling, thinking: { type: 'enabled', budget_tokens: budgetTokens } };
}

/**
 * With a thinking budget the assistant turn that is being continued (a prefill, or one whose tool results follow) must
 * begin with its thinking. Source: https://docs.claude.com/en/docs/build-with-claude/extended-thinking (tool use)
 */
function continuesWithoutThinking(turns: Turn[]): boolean {
  const last = turns.at(-1);
  const answersTools = last?.content.some((block) => block['type'] === 'tool_result');
  const continued = last?.role === 'assistant' ? last : answersTools ? turns.at(-2) : undefined;
  const first = continued?.content[0]?.['type'];
  return continued !== undefined && first !== 'thinking' && first !== 'redacted_thinking';
}

/** True when the model is told to think, which excludes sampling changes and forced tool choice. */
export function isThinking(thinking: JsonObject | undefined): boolean {
  return thinking !== undefined && thinking['type'] !== 'disabled';
}
