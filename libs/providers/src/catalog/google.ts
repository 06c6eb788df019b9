import type { Capabilities } from '@parley/contracts';
import { geminiGenerateContent } from '@parley/dialects';
import type { Provider } from '../provider.ts';

/** Gemini 2.5 takes a thinking budget, 3 and later a level. Source: https://ai.google.dev/gemini-api/docs/thinking */
function capabilitiesOf(upstreamModel: string): Capabilities {
  const generation = /gemini-(\d+(?:\.\d+)?)/.exec(upstreamModel)?.[1];
  if (generation === undefined) return { tools: true, images: true };
  const version = Number(generation);
  const reasoning = version >= 3 ? 'effort' : version >= 2.5 ? 'budget' : 'none';
  return { tools: true, images: true, json_schema: true, json_object: true, reasoning };
}

export const google: Provider = {
  id: 'google',
  name: 'Google Gemini',
  dialects: [geminiGenerateContent],
  baseUrl: 'https://generativelanguage.googleapis.com',
  auth: 'x-goog-api-key',
  needsCredential: true,
  environment: { apiKey: ['GOOGLE_AI_API_KEY', 'GEMINI_API_KEY'], prefix: 'GOOGLE' },
  pricesId: 'google',
  defaultModel: 'gemini-3.5-flash',
  isChatModel: (model) => /^gemini-\d/.test(model) && !/image|tts|live|vision/.test(model),
  isEmbeddingModel: (model) => model.includes('embedding'),
  capabilitiesOf,
};
