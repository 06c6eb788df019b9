import { openaiChat } from '@parley/dialects';
import { readCompatibleModel } from '../model-list/by-dialect.ts';
import { asCount, asEntry, type Entry, holds, known, readEntries } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

const ORIGIN = 'https://models.github.ai';
const INFERENCE = /\/(?:orgs\/[^/]+\/)?inference\/*$/;

/** The list is an array, beside the calls. https://docs.github.com/rest/models/catalog */
function readModel(entry: Entry): ListedModel {
  const limits = asEntry(entry.limits);
  const tools = holds(entry.capabilities, 'tool-calling');
  const images = holds(entry.supported_input_modalities, 'image');
  const isForChat = holds(entry.supported_output_modalities, 'text');
  return {
    ...readCompatibleModel(entry),
    contextLength: asCount(limits.max_input_tokens),
    maxOutputTokens: asCount(limits.max_output_tokens),
    capabilities: known({ tools, images }),
    ...known({ isForChat }),
  };
}

export const githubModels: Provider = {
  id: 'github-models',
  name: 'GitHub Models',
  dialects: [openaiChat],
  baseUrl: `${ORIGIN}/inference`,
  // Calls on the account of an organization. https://docs.github.com/rest/models/inference
  baseUrlFor: ({ organization }) => organization && `${ORIGIN}/orgs/${organization}/inference`,
  auth: 'bearer',
  needsCredential: true,
  headers: () => ({ 'x-github-api-version': '2026-03-10' }),
  modelList: {
    // Another server at an address of the operator's is asked as OpenAI is.
    address: ({ baseUrl }) =>
      INFERENCE.test(baseUrl) ? baseUrl.replace(INFERENCE, '/catalog/models') : `${baseUrl.replace(/\/+$/, '')}/models`,
    read: (body) => readEntries(body, ['data'], readModel),
  },
  environment: { prefix: 'GITHUB_MODELS', apiKey: ['GITHUB_TOKEN'] },
  // It has no `n`: https://docs.github.com/rest/models/inference
  quirks: { oneChoice: true },
};
