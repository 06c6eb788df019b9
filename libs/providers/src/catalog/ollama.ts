import type { Capabilities } from '@parley/contracts';
import { ollamaChat, openaiChat } from '@parley/dialects';
import { readModelList } from '../probe/list-models.ts';
import type { Account, Provider } from '../provider.ts';

/** Models of this family think in levels; all the others think or do not. Source: https://docs.ollama.com/capabilities/thinking */
function capabilitiesOf(upstreamModel: string): Capabilities {
  return /(?:^|\/)gpt-oss\b/.test(upstreamModel) ? { reasoning: 'effort' } : {};
}

/** Ollama's own address is the server's root, while clients in OpenAI's format are told the one that ends in `/v1`. */
const VERSION = /\/v1\/*$/;

const rootOf = ({ baseUrl }: Account): string => baseUrl.replace(VERSION, '').replace(/\/+$/, '');

/** A server of one's own, or https://ollama.com, which alone asks for a key. What a local answer costs nobody knows. */
export const ollama: Provider = {
  id: 'ollama',
  name: 'Ollama',
  dialects: [openaiChat, ollamaChat],
  baseUrl: null,
  auth: 'bearer',
  needsCredential: false,
  paths: (dialect, _model, { baseUrl }) => {
    if (dialect !== 'openai-chat' || VERSION.test(baseUrl)) return undefined;
    return { whole: '/v1/chat/completions', stream: '/v1/chat/completions' };
  },
  modelList: {
    address: (account) => `${rootOf(account)}/api/tags`,
    read: (body) => readModelList('ollama-chat', body),
  },
  environment: {
    apiKey: ['OLLAMA_API_KEY'],
    prefix: 'OLLAMA',
    // A key alone does not say where the server is.
    isPresent: (variables) => Boolean(variables['OLLAMA_BASE_URL']),
  },
  // The newer name is ignored without a word: https://github.com/ollama/ollama/issues/7125
  quirks: { renamed: { max_completion_tokens: 'max_tokens' } },
  isChatModel: (model) => !/embed|minilm|(?:^|\/)bge-/.test(model),
  capabilitiesOf,
};
