import { createOpenaiEmbeddings, openaiChat } from '@parley/dialects';
import { readCompatibleModel } from '../model-list/by-dialect.ts';
import { asEntry, asFlag, type Entry, known, readEntries } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

/** The API knows a model by its date or as the latest one; the other names of the price list are not its own. */
const CHAT = /^(?:codestral|devstral|magistral|ministral|mistral|voxtral-small)-(?:\w+-)?(?:2[5-9]\d\d|latest)$/;
/** https://docs.mistral.ai/api/endpoint/embeddings */
const EMBEDDINGS = createOpenaiEmbeddings({ dimensions: 'output_dimension' });
const NOT_CHAT = /ocr|embed|moderation|instruct/;

/** https://docs.mistral.ai/api/endpoint/models */
function readModel(entry: Entry): ListedModel {
  const can = asEntry(entry.capabilities);
  const [tools, images, isForChat] = [asFlag(can.function_calling), asFlag(can.vision), asFlag(can.completion_chat)];
  return {
    ...readCompatibleModel(entry),
    capabilities: known({ tools, images }),
    ...known({ isForChat }),
  };
}

export const mistral: Provider = {
  id: 'mistral',
  name: 'Mistral AI',
  dialects: [openaiChat],
  baseUrl: 'https://api.mistral.ai/v1',
  auth: 'bearer',
  needsCredential: true,
  modelList: { read: (body) => readEntries(body, ['data'], readModel) },
  environment: { prefix: 'MISTRAL', apiKey: ['MISTRAL_API_KEY'] },
  pricesId: 'mistral',
  isChatModel: (model) => CHAT.test(model) && !NOT_CHAT.test(model),
  isEmbeddingModel: (model) => /-embed(?:-|$)/.test(model),
  embeddingsFormatOf: () => EMBEDDINGS,
  defaultModel: 'mistral-small-2603',
  // Fields that it does not know are refused with 422 (extra_forbidden). https://docs.mistral.ai/api/endpoint/chat
  // Large 3 gives one answer: https://docs.mistral.ai/guides/sampling
  quirks: {
    oneChoice: /^mistral-large-(?:2512|latest)$/,
    renamed: { seed: 'random_seed', max_completion_tokens: 'max_tokens' },
    values: { tool_choice: { required: 'any' } },
    developerAsSystem: true,
    reasoningAs: 'thinking',
    refused: [
      'audio',
      'logit_bias',
      'logprobs',
      'modalities',
      'prompt_cache_retention',
      'safety_identifier',
      'store',
      'top_logprobs',
      'user',
      'verbosity',
      'web_search_options',
    ],
  },
};
