import type { Capabilities } from '@parley/contracts';
import { cohereChat } from '@parley/dialects';
import type { Provider } from '../provider.ts';

/** Source: https://docs.cohere.com/docs/models */
const REASONS = /^command-a-(?:reasoning|plus)-/;
const SEES = /^command-a-(?:vision|plus)-|^c4ai-aya-vision/;
/** Aya and the models for translation and for images call no tools. */
const CALLS_NO_TOOLS = /^c4ai-aya|^command-a-(?:translate|vision)-/;
const KNOWN = /^(?:command-|c4ai-aya)/;

function capabilitiesOf(upstreamModel: string): Capabilities {
  if (!KNOWN.test(upstreamModel)) return {};
  return {
    tools: !CALLS_NO_TOOLS.test(upstreamModel),
    images: SEES.test(upstreamModel),
    reasoning: REASONS.test(upstreamModel) ? 'budget' : 'none',
  };
}

/**
 * The price catalog has the families; calls have the date of a model, and the undated names were removed in 2025.
 * Source: https://docs.cohere.com/docs/models
 */
const DATED: Readonly<Record<string, string>> = {
  'command-a': 'command-a-03-2025',
  'command-r': 'command-r-08-2024',
  'command-r-plus': 'command-r-plus-08-2024',
  'command-r7b': 'command-r7b-12-2024',
};

export const cohere: Provider = {
  id: 'cohere',
  name: 'Cohere',
  dialects: [cohereChat],
  baseUrl: 'https://api.cohere.com',
  auth: 'bearer',
  needsCredential: true,
  environment: { apiKey: ['COHERE_API_KEY'], prefix: 'COHERE' },
  pricesId: 'cohere',
  defaultModel: 'command-a-03-2025',
  upstreamNameOf: (model) => DATED[model] ?? model,
  isChatModel: (model) => /^command-.*-\d{4}$|^c4ai-aya/.test(model),
  isEmbeddingModel: (model) => model.startsWith('embed-'),
  capabilitiesOf,
};
