import { openaiChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

export const deepseek: Provider = {
  id: 'deepseek',
  name: 'DeepSeek',
  dialects: [openaiChat],
  baseUrl: 'https://api.deepseek.com',
  auth: 'bearer',
  needsCredential: true,
  environment: { prefix: 'DEEPSEEK', apiKey: ['DEEPSEEK_API_KEY'] },
  pricesId: 'deepseek',
  embeddingsFormatOf: () => undefined,
  // The others of the price list are versions that these names stood for.
  isChatModel: (model) => /^deepseek-(?:chat|reasoner|v\d+-(?:flash|pro))$/.test(model),
  defaultModel: 'deepseek-v4-flash',
  // It has no `n`: https://api-docs.deepseek.com/api/create-chat-completion
  quirks: { oneChoice: true, renamed: { max_completion_tokens: 'max_tokens' }, developerAsSystem: true },
  // https://api-docs.deepseek.com/guides/json_mode
  capabilitiesOf: () => ({ tools: true, json_object: true, json_schema: false }),
};
