import type { Pricing } from '@parley/contracts';
import { openaiChat, openaiResponses } from '@parley/dialects';
import { asCount, asEntry, type Entry, holds, known, readEntries } from '../model-list/read-entries.ts';
import { readCompatibleModel } from '../model-list/by-dialect.ts';
import { perMillion, toDecimal } from '../decimal.ts';
import type { ListedModel, Provider } from '../provider.ts';

/** Names without a maker are retired, those with a colon are variants of others. */
const CHAT = /^[^~:]+\/[^:]+$/;
const NOT_CHAT = /image|audio|lyria|guard|safety/;

/** https://openrouter.ai/docs/api-reference/list-available-models */
function readModel(entry: Entry): ListedModel {
  const { top_provider: limits, architecture, supported_parameters: parameters } = entry;
  const listed = readCompatibleModel(entry);
  const images = holds(asEntry(architecture).input_modalities, 'image');
  const tools = holds(parameters, 'tools');
  const isForChat = holds(asEntry(architecture).output_modalities, 'text');
  return {
    ...listed,
    contextLength: listed.contextLength ?? asCount(asEntry(limits).context_length),
    maxOutputTokens: asCount(asEntry(limits).max_completion_tokens),
    pricing: readPricing(asEntry(entry.pricing)),
    capabilities: known({ tools, images }),
    ...known({ isForChat }),
  };
}

/** Dollars per token, as text; a price of -1 is one that varies from call to call. */
function readPricing(prices: Entry): Pricing | null {
  const [input, output] = [perMillion(prices.prompt), perMillion(prices.completion)];
  if (input === undefined || output === undefined) return null;
  const request = Number(prices.request);
  return {
    input,
    output,
    cached_input: perMillion(prices.input_cache_read),
    cache_write: perMillion(prices.input_cache_write),
    reasoning: Number(prices.internal_reasoning) > 0 ? perMillion(prices.internal_reasoning) : undefined,
    ...(request > 0 && { request: toDecimal(request) }),
  };
}

export const openrouter: Provider = {
  id: 'openrouter',
  name: 'OpenRouter',
  dialects: [openaiChat, openaiResponses],
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: 'bearer',
  needsCredential: true,
  // https://openrouter.ai/docs/app-attribution
  headers: ({ options: { app_url: url, app_name: name } }) => ({
    ...(url !== undefined && { 'http-referer': url }),
    ...(name !== undefined && { 'x-title': name }),
  }),
  modelList: { read: (body) => readEntries(body, ['data'], readModel) },
  environment: {
    prefix: 'OPENROUTER',
    apiKey: ['OPENROUTER_API_KEY'],
    options: { app_url: ['OPENROUTER_APP_URL'], app_name: ['OPENROUTER_APP_NAME'] },
  },
  pricesId: 'openrouter',
  isChatModel: (model) => CHAT.test(model) && !NOT_CHAT.test(model),
  defaultModel: 'openai/gpt-5.4-mini',
  // https://openrouter.ai/docs/features/model-routing, https://openrouter.ai/docs/features/provider-routing
  // Prompt caching: https://openrouter.ai/docs/features/prompt-caching
  // `n` is ignored: https://github.com/OpenRouterArchived/openrouter-runner/issues/99
  quirks: {
    oneChoice: true,
    passed: ['models', 'provider'],
    knows: ['cache_control', 'reasoning_details', 'top_k'],
  },
};
