import { openaiChat } from '@parley/dialects';
import { toDecimal } from '../decimal.ts';
import { readCompatibleModel } from '../model-list/by-dialect.ts';
import { asEntry, asText, readEntries, type Entry } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

/** The price list still has what Together has retired; these are left of it. */
const CHAT = /^meta-llama\/(?:Llama-(?:3\.3|4)|Meta-Llama-3\.[1-9])/;

/** An array, with dollars per million tokens. https://docs.together.ai/reference/models-1 */
function readModel(entry: Entry): ListedModel {
  const { input, output } = asEntry(entry.pricing);
  const type = asText(entry.type);
  const isPriced = typeof input === 'number' && typeof output === 'number' && input >= 0 && output >= 0;
  return {
    ...readCompatibleModel(entry),
    // Both are 0 for what is not sold by tokens.
    pricing: isPriced && input + output > 0 ? { input: toDecimal(input), output: toDecimal(output) } : null,
    ...(type !== null && { isForChat: type === 'chat' }),
  };
}

export const together: Provider = {
  id: 'together',
  name: 'Together AI',
  dialects: [openaiChat],
  baseUrl: 'https://api.together.xyz/v1',
  auth: 'bearer',
  needsCredential: true,
  modelList: { read: (body) => readEntries(body, ['data'], readModel) },
  environment: { prefix: 'TOGETHER', apiKey: ['TOGETHER_API_KEY'] },
  pricesId: 'together',
  isChatModel: (model) => CHAT.test(model),
  defaultModel: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  // https://docs.together.ai/reference/chat-completions-1
  quirks: {
    renamed: { max_completion_tokens: 'max_tokens' },
    stopAsArray: true,
    logprobsAsCount: true,
    developerAsSystem: true,
  },
};
