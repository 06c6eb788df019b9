import { openaiChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  dialects: [openaiChat],
  baseUrl: 'https://api.openai.com/v1',
  auth: 'bearer',
  needsCredential: true,
  environment: { apiKey: ['OPENAI_API_KEY'], prefix: 'OPENAI' },
  pricesId: 'openai',
};
