import { anthropicMessages, openaiChat, openaiResponses } from '@parley/dialects';
import type { Provider } from '../provider.ts';

/** Any server that speaks OpenAI's format: vLLM, llama.cpp, LM Studio, another gateway. */
export const openaiCompatible: Provider = {
  id: 'openai-compatible',
  name: 'OpenAI-compatible server',
  dialects: [openaiChat, openaiResponses],
  baseUrl: null,
  auth: 'bearer',
  needsCredential: false,
  // vLLM, llama.cpp, LM Studio and SGLang all take it, and pass over what they do not know.
  quirks: { knows: ['top_k'] },
};

export const anthropicCompatible: Provider = {
  id: 'anthropic-compatible',
  name: 'Anthropic-compatible server',
  dialects: [anthropicMessages],
  baseUrl: null,
  auth: 'x-api-key',
  needsCredential: false,
};
