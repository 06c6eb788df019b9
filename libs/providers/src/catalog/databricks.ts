import { openaiChat } from '@parley/dialects';
import { asText, namedModel, readEntries, type Entry } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

const CALLS = /\/serving-endpoints\/*$/;

/** A workspace's host as its tools take it: with or without a scheme, often with a path or a query behind it. */
export const workspaceUrl = (host: string): string =>
  `${new URL(/^https?:\/\//.test(host) ? host : `https://${host}`).origin}/serving-endpoints`;

/** Endpoints are the models. https://docs.databricks.com/api/workspace/servingendpoints/list */
function readEndpoint(entry: Entry): ListedModel {
  const task = asText(entry.task);
  return { ...namedModel(entry.name ?? entry.id), ...(task !== null && { isForChat: task === 'llm/v1/chat' }) };
}

export const databricks: Provider = {
  id: 'databricks',
  name: 'Databricks',
  dialects: [openaiChat],
  baseUrl: null,
  auth: 'bearer',
  needsCredential: true,
  modelList: {
    // Another server at an address of the operator's is asked as OpenAI is.
    address: ({ baseUrl }) =>
      CALLS.test(baseUrl)
        ? baseUrl.replace(CALLS, '/api/2.0/serving-endpoints')
        : `${baseUrl.replace(/\/+$/, '')}/models`,
    read: (body) => readEntries(body, ['endpoints', 'data'], readEndpoint),
  },
  environment: {
    prefix: 'DATABRICKS',
    apiKey: ['DATABRICKS_TOKEN'],
    baseUrl: ['DATABRICKS_HOST'],
    baseUrlFrom: workspaceUrl,
  },
  // https://docs.databricks.com/en/machine-learning/foundation-model-apis/api-reference.html
  quirks: { renamed: { max_completion_tokens: 'max_tokens' }, usageUnasked: true, developerAsSystem: true },
};
