import { openaiChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

export const xai: Provider = {
  id: 'xai',
  name: 'xAI',
  dialects: [openaiChat],
  baseUrl: 'https://api.x.ai/v1',
  auth: 'bearer',
  needsCredential: true,
  environment: { prefix: 'XAI', apiKey: ['XAI_API_KEY', 'GROK_API_KEY'] },
  pricesId: 'x-ai',
  isChatModel: (model) => model.startsWith('grok-') && !/voice|image|imagine/.test(model),
  defaultModel: 'grok-4-1-fast-non-reasoning',
};
