import type { Capabilities } from '@parley/contracts';
import { embeddingsFormatOf, type EmbeddingsFormat } from '@parley/dialects';
import type { Deployment } from './deployment.ts';
import type { Provider } from './provider.ts';

/** What is known of a model from its name alone. */
export function knownCapabilities(provider: Provider, upstreamModel: string): Capabilities {
  if (provider.isEmbeddingModel?.(upstreamModel)) return { embeddings: true };
  const isChat = provider.isChatModel?.(upstreamModel) ?? false;
  return { ...provider.capabilitiesOf?.(upstreamModel), ...(isChat && { embeddings: false }) };
}

/** Chat and embeddings are what is served; vendors have models for pictures and voices as well. */
export const isServed = (provider: Provider, upstreamModel: string): boolean =>
  (provider.isChatModel?.(upstreamModel) ?? true) || (provider.isEmbeddingModel?.(upstreamModel) ?? false);

/** How a deployment is asked for embeddings; undefined: it makes none. */
export function embeddingsFormatFor({ provider, dialect, target }: Deployment): EmbeddingsFormat | undefined {
  if (target.capabilities.embeddings === false) return undefined;
  const { upstreamModel } = target;
  return provider.embeddingsFormatOf
    ? provider.embeddingsFormatOf(upstreamModel)
    : embeddingsFormatOf(dialect.id, upstreamModel);
}
