import { openaiChat, openaiResponses } from '@parley/dialects';
import type { Provider } from '../provider.ts';

export const xai: Provider = {
  id: 'xai',
  name: 'xAI',
  dialects: [openaiChat, openaiResponses],
  alsoSpeaks: () => ['openai-responses'],
  baseUrl: 'https://api.x.ai/v1',
  auth: 'bearer',
  needsCredential: true,
  environment: { prefix: 'XAI', apiKey: ['XAI_API_KEY', 'GROK_API_KEY'] },
  pricesId: 'x-ai',
  embeddingsFormatOf: () => undefined,
  isChatModel: (model) => model.startsWith('grok-') && !/voice|image|imagine/.test(model),
  defaultModel: 'grok-4-1-fast-non-reasoning',
  // These refuse to be told how much to reason. https://docs.x.ai/docs/guides/reasoning
  capabilitiesOf: (model) => (/^grok-(?:2|3(?!-mini)|4-|code)/.test(model) ? { reasoning: 'none' } : {}),
};
