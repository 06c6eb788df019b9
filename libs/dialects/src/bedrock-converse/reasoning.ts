import type { ChatRequest, ReasoningEffort } from '@parley/contracts';
import { encodeReasoning as encodeClaudeReasoning, isThinking } from '../anthropic-messages/reasoning.ts';
import type { Loss, Target } from '../dialect.ts';
import type { JsonObject } from '../anthropic-messages/json.ts';
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
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const fields = encodeEffort(request.reasoning_effort ?? undefined, target, losses);
  // `maxTokens must be unset when reasoningConfig type is 'enabled' and maxReasoningEffort is 'high'`
  const alone = JSON.stringify(fields).includes('"maxReasoningEffort":"high"');
  if (alone && maxTokens !== undefined) {
    const reason = 'this model takes no ceiling at its highest reasoning effort';
    losses.push({ param: 'max_tokens', action: 'dropped', reason });
  }
  return { ...(maxTokens !== undefined && !alone && { maxTokens }), fields, thinks: false, alone };
}

/** Claude reasons as it does at Anthropic; its fields are passed through by Bedrock. */
function encodeForClaude(request: ChatRequest, target: Target, turns: Turn[], losses: Loss[]): Reasoning {
  const { maxTokens, thinking, effort } = encodeClaudeReasoning(request, target, turns.map(asAnthropicTurn), losses);
  const asked = request.max_completion_tokens ?? request.max_tokens ?? null;
  const needsCeiling = asked !== null || thinking?.['budget_tokens'] !== undefined;
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
