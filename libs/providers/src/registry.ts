import type { ConnectionOptions } from '@parley/contracts';
import { anthropic } from './catalog/anthropic.ts';
import { cerebras } from './catalog/cerebras.ts';
import { cohere } from './catalog/cohere.ts';
import { bedrock } from './catalog/bedrock.ts';
import { anthropicCompatible, openaiCompatible } from './catalog/compatible.ts';
import { azure } from './catalog/azure.ts';
import { githubCopilot } from './catalog/github-copilot.ts';
import { databricks } from './catalog/databricks.ts';
import { deepseek } from './catalog/deepseek.ts';
import { fireworks } from './catalog/fireworks.ts';
import { githubModels } from './catalog/github-models.ts';
import { google } from './catalog/google.ts';
import { groq } from './catalog/groq.ts';
import { huggingface } from './catalog/huggingface.ts';
import { litellm } from './catalog/litellm.ts';
import { mistral } from './catalog/mistral.ts';
import { ollama } from './catalog/ollama.ts';
import { openai } from './catalog/openai.ts';
import { vertex } from './catalog/vertex.ts';
import { openrouter } from './catalog/openrouter.ts';
import { perplexity } from './catalog/perplexity.ts';
import { together } from './catalog/together.ts';
import { xai } from './catalog/xai.ts';
import type { Provider } from './provider.ts';

/** Every vendor that Parley knows. Adding a compatible one is a file in `catalog/` and a line here. */
export const PROVIDERS: readonly Provider[] = [
  openai,
  anthropic,
  google,
  azure,
  vertex,
  githubCopilot,
  openrouter,
  litellm,
  xai,
  huggingface,
  githubModels,
  databricks,
  mistral,
  groq,
  deepseek,
  together,
  fireworks,
  cerebras,
  perplexity,
  cohere,
  ollama,
  bedrock,
  openaiCompatible,
  anthropicCompatible,
];

const byId = new Map(PROVIDERS.map((provider) => [provider.id, provider]));

export const findProvider = (id: string): Provider | undefined => byId.get(id);

/** The address of a connection: its own, or what its provider makes of its options; undefined: it has none. */
export function baseUrlOf(
  provider: Provider,
  connection: { baseUrl: string | null; options: ConnectionOptions },
): string | undefined {
  return connection.baseUrl ?? provider.baseUrlFor?.(connection.options) ?? provider.baseUrl ?? undefined;
}
