import { REPORTED_COST_NANO_USD, type ChatUsage } from '@parley/contracts';

const NANO_PER_USD = 1e9;
/** Source: https://docs.x.ai/developers/cost-tracking: 1 USD = 10^10 ticks. */
const TICKS_PER_NANO_USD = 10;

/** Usage together with what the provider says that the call cost; the very object it was given where it says nothing. */
export function withReportedCost(usage: ChatUsage): ChatUsage {
  const cost = readReportedCost(usage);
  return cost === undefined ? usage : { ...usage, [REPORTED_COST_NANO_USD]: cost };
}

/**
 * In nano-USD; undefined: the provider names no cost. OpenRouter and Vercel give `cost` in US dollars
 * (https://openrouter.ai/docs/use-cases/usage-accounting), Perplexity an object with the total
 * (https://docs.perplexity.ai/api-reference/chat-completions-post), xAI ticks.
 */
function readReportedCost({ cost, cost_in_usd_ticks: ticks, ...usage }: ChatUsage): number | undefined {
  if (typeof ticks === 'number') return wholeCost(ticks / TICKS_PER_NANO_USD);
  if (typeof cost === 'number') return wholeCost((cost + ownKeyCost(usage)) * NANO_PER_USD);
  const total = (cost as { total_cost?: unknown } | null | undefined)?.total_cost;
  return typeof total === 'number' ? wholeCost(total * NANO_PER_USD) : undefined;
}

/** With the customer's own key at the vendor, OpenRouter's `cost` is its fee alone. */
function ownKeyCost({ is_byok: ownKey, cost_details: details }: Record<string, unknown>): number {
  const upstream = (details as { upstream_inference_cost?: unknown } | null | undefined)?.upstream_inference_cost;
  return ownKey === true && typeof upstream === 'number' ? upstream : 0;
}

function wholeCost(nanoUsd: number): number | undefined {
  const cost = Math.round(nanoUsd);
  return Number.isSafeInteger(cost) && cost >= 0 ? cost : undefined;
}
