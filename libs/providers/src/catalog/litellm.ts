import { openaiChat } from '@parley/dialects';
import { perMillion } from '../decimal.ts';
import { readCompatibleModel } from '../model-list/by-dialect.ts';
import { asCount, asEntry, asFlag, asText, type Entry, known, readEntries } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

/**
 * The proxy's own list has prices and limits; each of a model's deployments is an entry of it.
 * https://docs.litellm.ai/docs/proxy/model_management
 */
function readModel(entry: Entry): ListedModel {
  const facts = asEntry(entry.model_info);
  const [input, output] = [perMillion(facts.input_cost_per_token), perMillion(facts.output_cost_per_token)];
  const [tools, images] = [asFlag(facts.supports_function_calling), asFlag(facts.supports_vision)];
  return {
    ...readCompatibleModel({ ...entry, id: asText(entry.model_name) ?? entry.id }),
    contextLength: asCount(facts.max_input_tokens),
    maxOutputTokens: asCount(facts.max_output_tokens),
    pricing:
      input === undefined || output === undefined
        ? null
        : { input, output, cached_input: perMillion(facts.cache_read_input_token_cost) },
    capabilities: known({ tools, images }),
    ...(typeof facts.mode === 'string' && { isForChat: facts.mode === 'chat' || facts.mode === 'responses' }),
  };
}

export const litellm: Provider = {
  id: 'litellm',
  name: 'LiteLLM proxy',
  dialects: [openaiChat],
  baseUrl: null,
  auth: 'bearer',
  needsCredential: false,
  modelList: {
    address: ({ baseUrl }) => `${baseUrl.replace(/\/+$/, '')}/model/info`,
    read: (body) => readEntries(body, ['data'], readModel),
  },
  // https://docs.litellm.ai/docs/completion/prompt_caching
  quirks: { knows: ['cache_control', 'top_k'] },
  environment: { prefix: 'LITELLM', apiKey: ['LITELLM_API_KEY'] },
};
