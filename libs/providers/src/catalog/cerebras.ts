import { openaiChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

export const cerebras: Provider = {
  id: 'cerebras',
  name: 'Cerebras',
  dialects: [openaiChat],
  baseUrl: 'https://api.cerebras.ai/v1',
  auth: 'bearer',
  needsCredential: true,
  environment: { prefix: 'CEREBRAS', apiKey: ['CEREBRAS_API_KEY'] },
  pricesId: 'cerebras',
  embeddingsFormatOf: () => undefined,
  // Retired, and still in the price list. https://inference-docs.cerebras.ai/support/deprecation
  isChatModel: (model) => !model.startsWith('qwen-3-coder'),
  defaultModel: 'gpt-oss-120b',
  // `n` is known to its SDK, and nothing tells that it is kept to.
  // https://inference-docs.cerebras.ai/resources/openai
  quirks: {
    oneChoice: true,
    refused: ['frequency_penalty', 'presence_penalty', 'logit_bias'],
    reasoningAs: 'reasoning',
  },
};
