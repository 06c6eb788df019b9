import { openaiChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

export const perplexity: Provider = {
  id: 'perplexity',
  name: 'Perplexity',
  dialects: [openaiChat],
  baseUrl: 'https://api.perplexity.ai',
  auth: 'bearer',
  needsCredential: true,
  modelList: null,
  environment: { prefix: 'PERPLEXITY', apiKey: ['PERPLEXITY_API_KEY'] },
  pricesId: 'perplexity',
  embeddingsFormatOf: () => undefined,
  // https://docs.perplexity.ai/getting-started/models
  isChatModel: (model) => /^sonar(?:-pro|-reasoning-pro|-deep-research)?$/.test(model),
  defaultModel: 'sonar',
  // `n` is known to its SDK, and nothing tells that it is kept to.
  // https://docs.perplexity.ai/api-reference/chat-completions-post
  quirks: {
    oneChoice: true,
    renamed: { max_completion_tokens: 'max_tokens' },
    usageUnasked: true,
    developerAsSystem: true,
    reasoningAs: 'nothing',
  },
  capabilitiesOf: () => ({ tools: false, json_schema: true }),
};
