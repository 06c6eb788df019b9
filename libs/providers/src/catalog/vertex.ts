import type { ConnectionOptions } from '@parley/contracts';
import { anthropicMessages, geminiGenerateContent, vertexEmbeddings, type EmbeddingsFormatId } from '@parley/dialects';
import { googleAuth } from '../auth/google-token.ts';
import { readEntries, type Entry } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';
import { anthropic } from './anthropic.ts';
import { google } from './google.ts';

const DEFAULT_LOCATION = 'us-central1';

/** `claude-sonnet-4-5@20250929`, also with the publisher before it. */
const isClaude = (model: string): boolean => /^(anthropic\/)?claude-/.test(model);

/** The older ones are known to the price catalog by names that Vertex does not have. */
const CLAUDE_BY_CATALOG_NAME = /^claude-(opus|sonnet|haiku|fable)-(4-[6-9]|[5-9])/;

/** Source: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations */
function baseUrlFor({ location = DEFAULT_LOCATION }: ConnectionOptions): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

const readModel = ({ name }: Entry): ListedModel => ({
  id: typeof name === 'string' ? name.replace(/^publishers\/google\/models\//, '') : '',
  displayName: null,
  contextLength: null,
  maxOutputTokens: null,
});

/** The older models are asked by the verb of all predictions. */
const EMBED_VERBS: Partial<Record<EmbeddingsFormatId, string>> = {
  'vertex-predict': 'predict',
  'vertex-embed-content': 'embedContent',
};

/** Google's models and Anthropic's on Google Cloud. */
export const vertex: Provider = {
  id: 'vertex',
  name: 'Google Vertex AI',
  dialects: [geminiGenerateContent, anthropicMessages],
  dialectOf: (model) => (isClaude(model) ? 'anthropic-messages' : 'gemini-generate-content'),
  baseUrl: null,
  baseUrlFor,
  baseUrlEnding: /\/v1(beta1)?$/,
  requiredOptions: ['project'],
  auth: googleAuth(),
  needsCredential: false,
  paths(dialect, escaped, { options }) {
    const { project = '', location = DEFAULT_LOCATION } = options;
    const model = escaped.replace(/^(anthropic|google)%2F/, '').replaceAll('%40', '@');
    const folder = (publisher: string): string =>
      `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}/publishers/${publisher}/models/${model}`;
    if (dialect === 'anthropic-messages') {
      return { whole: `${folder('anthropic')}:rawPredict`, stream: `${folder('anthropic')}:streamRawPredict` };
    }
    return {
      whole: `${folder('google')}:generateContent`,
      stream: `${folder('google')}:streamGenerateContent?alt=sse`,
      count: `${folder('google')}:countTokens`,
      embeddings: `${folder('google')}:${EMBED_VERBS[vertexEmbeddings(decodeURIComponent(model)).id]}`,
    };
  },
  // The model stands in the path and the version in the body: https://docs.claude.com/en/api/claude-on-vertex-ai
  bodyEdits: { 'anthropic-messages': { model: undefined, anthropic_version: 'vertex-2023-10-16' } },
  countsBareRequests: true,
  // Google's own models; Anthropic's are listed nowhere.
  // https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models/list
  modelList: {
    address: ({ baseUrl }) => `${baseUrl}/v1beta1/publishers/google/models?pageSize=1000`,
    read: (body) => readEntries(body, ['publisherModels'], readModel),
  },
  environment: {
    apiKey: ['VERTEX_API_KEY'],
    prefix: 'VERTEX',
    options: { project: ['GOOGLE_CLOUD_PROJECT'], location: ['GOOGLE_CLOUD_LOCATION'] },
    isPresent: (variables) => Boolean(variables['GOOGLE_CLOUD_PROJECT']),
  },
  pricesId: 'google',
  defaultModel: 'gemini-2.5-flash',
  isChatModel: (model) => CLAUDE_BY_CATALOG_NAME.test(model) || google.isChatModel!(model),
  isEmbeddingModel: (model) => /embedding/.test(model),
  embeddingsFormatOf: (model) => (isClaude(model) ? undefined : vertexEmbeddings(model)),
  capabilitiesOf: (model) => (isClaude(model) ? anthropic : google).capabilitiesOf!(model),
};
