import type { Capabilities } from '@parley/contracts';
import { ollamaChat, openaiChat } from '@parley/dialects';
import { readModelList } from '../model-list/by-dialect.ts';
import type { Provider } from '../provider.ts';

/** Models of this family think in levels; all the others think or do not. Source: https://docs.ollama.com/capabilities/thinking */
function capabilitiesOf(upstreamModel: string): Capabilities {
  return /(?:^|\/)gpt-oss\b/.test(upstreamModel) ? { reasoning: 'effort' } : {};
}

const EMBEDS = /embed|minilm|(?:^|\/)bge-/;

/** A server of one's own, or https://ollama.com, which alone asks for a key. What a local answer costs nobody knows. */
export const ollama: Provider = {
  id: 'ollama',
  name: 'Ollama',
  dialects: [openaiChat, ollamaChat],
  baseUrl: null,
  auth: 'bearer',
  needsCredential: false,
  // Clients in OpenAI's format are told an address that ends so; Ollama's own is the server's root.
  baseUrlEnding: /\/v1$/,
  paths: (dialect) =>
    dialect === 'openai-chat'
      ? { whole: '/v1/chat/completions', stream: '/v1/chat/completions', embeddings: '/v1/embeddings' }
      : undefined,
  modelList: {
    address: ({ baseUrl }) => `${baseUrl}/api/tags`,
    read: (body) => readModelList('ollama-chat', body),
  },
  environment: {
    apiKey: ['OLLAMA_API_KEY'],
    prefix: 'OLLAMA',
  },
  // The newer name is ignored without a word: https://github.com/ollama/ollama/issues/7125
  // So is `n`: https://docs.ollama.com/api/openai-compatibility
  quirks: { oneChoice: true, renamed: { max_completion_tokens: 'max_tokens' } },
  isChatModel: (model) => !EMBEDS.test(model),
  isEmbeddingModel: (model) => EMBEDS.test(model),
  capabilitiesOf,
};
