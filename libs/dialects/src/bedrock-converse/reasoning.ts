import type { ChatRequest, ReasoningEffort } from '@parley/contracts';
import {
  encodeMaxTokens,
  encodeReasoning as encodeClaudeReasoning,
  isThinking,
} from '../anthropic-messages/reasoning.ts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import type { Turn } from './messages.ts';
import { isClaude, makerOf } from './model-words.ts';

export type Reasoning = {
  /** Absent: the model's own ceiling. */
  maxTokens?: number;
  /** In the words of the model's maker: Converse has none of its own. */
  fields: JsonObject;
  /** Claude is told to think, which excludes sampling changes and forced tool choice. */
  thinks: boolean;
  /** The model takes neither a ceiling nor sampling at this level. */
  alone: boolean;
};

/** Levels that models with three of them know. */
const OF_THREE: Record<Exclude<ReasoningEffort, 'none'>, string> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/** Turns `reasoning_effort` into what the model understands. */
export function encodeReasoning(request: ChatRequest, target: Target, turns: Turn[], losses: Loss[]): Reasoning {
  if (isClaude(target.upstreamModel)) return encodeForClaude(request, target, turns, losses);
  const fields = encodeEffort(request.reasoning_effort ?? undefined, target, losses);
  const alone = isHighestOfNova(fields);
  if (!asksCeiling(request)) return { fields, thinks: false, alone };
  if (!alone) return { maxTokens: encodeMaxTokens(request, target, losses), fields, thinks: false, alone };
  const param = typeof request.max_completion_tokens === 'number' ? 'max_completion_tokens' : 'max_tokens';
  losses.push({ param, action: 'dropped', reason: 'the model takes no ceiling at its highest reasoning effort' });
  return { fields, thinks: false, alone };
}

function asksCeiling(request: ChatRequest): boolean {
  return typeof (request.max_completion_tokens ?? request.max_tokens) === 'number';
}

/** `maxTokens must be unset when reasoningConfig type is 'enabled' and maxReasoningEffort is 'high'` */
function isHighestOfNova({ reasoningConfig }: JsonObject): boolean {
  return isObject(reasoningConfig) && reasoningConfig['maxReasoningEffort'] === 'high';
}

/** Claude reasons as it does at Anthropic; its fields are passed through by Bedrock. */
function encodeForClaude(request: ChatRequest, target: Target, turns: Turn[], losses: Loss[]): Reasoning {
  const { maxTokens, thinking, effort } = encodeClaudeReasoning(request, target, turns.map(asAnthropicTurn), losses);
  // A budget is part of the ceiling, so that Bedrock's own default may be too low for it.
  const needsCeiling = asksCeiling(request) || thinking?.['budget_tokens'] !== undefined;
  return {
    ...(needsCeiling && { maxTokens }),
    fields: { ...(thinking && { thinking }), ...(effort !== undefined && { output_config: { effort } }) },
    thinks: isThinking(thinking),
    alone: false,
  };
}

/** As far as it matters to reasoning. */
function asAnthropicTurn({ role, content }: Turn): Turn {
  const typeOf = (block: JsonObject): string =>
    block['reasoningContent'] ? 'thinking' : block['toolResult'] ? 'tool_result' : 'text';
  return { role, content: content.map((block) => ({ type: typeOf(block) })) };
}

function encodeEffort(effort: ReasoningEffort | undefined, target: Target, losses: Loss[]): JsonObject {
  if (effort === undefined) return {};
  const { upstreamModel, capabilities } = target;
  const words = capabilities.reasoning === 'none' ? undefined : WORDS[makerOf(upstreamModel) ?? ''];
  const fields = words?.(effort, upstreamModel);
  if (fields) return fields;
  if (effort !== 'none') {
    losses.push({
      param: 'reasoning_effort',
      action: 'dropped',
      reason: 'the model cannot be told how much to reason',
    });
  } else if (words) {
    losses.push({ param: 'reasoning_effort', action: 'dropped', reason: 'the model cannot be told not to reason' });
  }
  return {};
}

/** By maker. Undefined where the model has no word for it. */
const WORDS: Readonly<Record<string, (effort: ReasoningEffort, upstreamModel: string) => JsonObject | undefined>> = {
  // https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-converse-api.html
  amazon: (effort) =>
    effort === 'none'
      ? { reasoningConfig: { type: 'disabled' } }
      : { reasoningConfig: { type: 'enabled', maxReasoningEffort: OF_THREE[effort] } },
  // The open-weight models take the field of Chat Completions, the others that of Responses.
  openai: (effort, upstreamModel) => {
    if (!upstreamModel.includes('gpt-oss')) return { reasoning: { effort: effort === 'minimal' ? 'low' : effort } };
    return effort === 'none' ? undefined : { reasoning_effort: OF_THREE[effort] };
  },
};
