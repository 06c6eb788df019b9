import { openaiChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

const CHAT = /^(?:gpt-[3-9]|o\d|chatgpt-)/;
const NOT_CHAT =
  /audio|realtime|transcribe|tts|image|instruct|search|deep-research|codex|0301|0613|1106|-16k|vision-preview|:|ft-/;

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  dialects: [openaiChat],
  baseUrl: 'https://api.openai.com/v1',
  auth: 'bearer',
  needsCredential: true,
  environment: { apiKey: ['OPENAI_API_KEY'], prefix: 'OPENAI' },
  pricesId: 'openai',
  defaultModel: 'gpt-5.4-mini',
  isChatModel: (model) => CHAT.test(model) && !NOT_CHAT.test(model),
  isEmbeddingModel: (model) => model.startsWith('text-embedding-'),
};
