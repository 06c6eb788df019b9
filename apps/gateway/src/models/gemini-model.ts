import type { ModelEntry } from '@parley/inference';

/** Source: https://ai.google.dev/api/models#Model. What is not known is left out. */
export type GeminiModel = {
  name: string;
  version: string;
  displayName: string;
  inputTokenLimit?: number;
  outputTokenLimit?: number;
  supportedGenerationMethods: string[];
  thinking?: boolean;
};

const CHAT_METHODS = ['generateContent', 'streamGenerateContent', 'countTokens'];

export function geminiModel({ deployment, stored }: ModelEntry, id: string): GeminiModel {
  const { upstreamModel, capabilities } = deployment.target;
  const { contextLength, maxOutputTokens, displayName } = stored ?? {};
  const { reasoning, embeddings } = capabilities;
  return {
    name: `models/${id}`,
    version: upstreamModel,
    displayName: displayName ?? id,
    ...(contextLength != null && { inputTokenLimit: contextLength }),
    ...(maxOutputTokens != null && { outputTokenLimit: maxOutputTokens }),
    supportedGenerationMethods: embeddings === true ? [] : CHAT_METHODS,
    ...(reasoning !== undefined && { thinking: reasoning !== 'none' }),
  };
}
