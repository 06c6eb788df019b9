import type { Capabilities } from '@parley/contracts';
import { anthropicMessages } from '@parley/dialects';
import type { Provider } from '../provider.ts';

/** Before 4.6, thinking was asked for by a token budget. Source: https://docs.claude.com/en/docs/build-with-claude/extended-thinking */
const BUDGET_THINKING = /claude-(?:3-7|(?:opus|sonnet|haiku)-4(?!-(?:[6-9]|\d\d)(?:\D|$))(?:-|@|$))/;
const NO_THINKING = /claude-(?:instant|2|3-(?:opus|sonnet|haiku|5))/;
/** Structured outputs came with Claude 4.5 and 4.1. Source: https://docs.claude.com/en/docs/build-with-claude/structured-outputs */
const NO_STRUCTURED_OUTPUT = /claude-(?:instant|2|3|(?:opus|sonnet)-4-0|(?:opus|sonnet)-4-2025)/;

/** Later models take one of temperature and top_p. Source: https://docs.claude.com/en/docs/about-claude/models/migrating-to-claude-4 */
const TEMPERATURE_WITH_TOP_P = /claude-(?:instant|2|3|(?:opus|sonnet)-4-0|(?:opus|sonnet)-4-2025)/;

function capabilitiesOf(upstreamModel: string): Capabilities {
  return {
    tools: true,
    images: true,
    logprobs: false,
    json_schema: !NO_STRUCTURED_OUTPUT.test(upstreamModel),
    ...(isClaude(upstreamModel) && {
      reasoning: reasoningOf(upstreamModel),
      temperature_with_top_p: TEMPERATURE_WITH_TOP_P.test(upstreamModel),
    }),
  };
}

/** Names in other forms are a reseller's own: nothing is known of them. */
const isClaude = (upstreamModel: string): boolean =>
  /claude-(?:\d|instant|opus|sonnet|haiku|fable)/.test(upstreamModel);

function reasoningOf(upstreamModel: string): Capabilities['reasoning'] {
  if (NO_THINKING.test(upstreamModel)) return 'none';
  return BUDGET_THINKING.test(upstreamModel) ? 'budget' : 'adaptive';
}

export const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic',
  dialects: [anthropicMessages],
  baseUrl: 'https://api.anthropic.com',
  auth: 'x-api-key',
  needsCredential: true,
  environment: { apiKey: ['ANTHROPIC_API_KEY'], prefix: 'ANTHROPIC' },
  pricesId: 'anthropic',
  defaultModel: 'claude-haiku-4-5',
  isChatModel: (model) => /^claude-(?!v|2)/.test(model),
  capabilitiesOf,
};
