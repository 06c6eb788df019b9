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
  // vLLM, llama.cpp, LM Studio and SGLang take top_k; other gateways want back the state that they gave.
  quirks: { knows: ['reasoning_details', 'top_k'] },
};

export const anthropicCompatible: Provider = {
  id: 'anthropic-compatible',
  name: 'Anthropic-compatible server',
  dialects: [anthropicMessages],
  baseUrl: null,
  auth: 'x-api-key',
  needsCredential: false,
};
