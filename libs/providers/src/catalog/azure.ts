import { openaiChat, openaiResponses } from '@parley/dialects';
import { entraAuth } from '../auth/entra.ts';
import type { Provider } from '../provider.ts';

const NOT_CHAT = /embed|whisper|tts|transcribe|image|dall-e|audio|realtime|sora|^(text-)?(ada|babbage|curie|davinci)/;

/**
 * Azure OpenAI and Foundry: the v1 API, and the older paths where the connection names an `api_version`. A model is what
 * the customer called the deployment.
 * Source: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
export const azure: Provider = {
  id: 'azure',
  name: 'Azure OpenAI',
  dialects: [openaiChat, openaiResponses],
  baseUrl: null,
  baseUrlEnding: /\/openai(\/v1)?$/,
  auth: entraAuth(),
  needsCredential: false,
  paths(dialect, model, { options }) {
    const { api_version: version } = options;
    const at = (operation: string): string => {
      // The older API has its responses beside the deployments, and names the deployment in the body.
      if (version === undefined || operation === 'responses') return `/openai/v1/${operation}`;
      return `/openai/deployments/${model}/${operation}?api-version=${encodeURIComponent(version)}`;
    };
    const path = at(dialect === 'openai-responses' ? 'responses' : 'chat/completions');
    return { whole: path, stream: path, embeddings: at('embeddings') };
  },
  // With the models of the region: deployments are listed by Azure's management API only, for which a key is not enough.
  modelList: { address: ({ baseUrl }) => `${baseUrl}/openai/v1/models` },
  environment: {
    apiKey: ['AZURE_OPENAI_API_KEY'],
    baseUrl: ['AZURE_OPENAI_ENDPOINT'],
    prefix: 'AZURE_OPENAI',
    options: { api_version: ['AZURE_OPENAI_API_VERSION'] },
  },
  pricesId: 'azure',
  hasOwnModelNames: true,
  isChatModel: (model) => !NOT_CHAT.test(model),
  isEmbeddingModel: (model) => /embedding/.test(model),
};
