import type { ConnectionOptions } from '@parley/contracts';
import { anthropic } from './catalog/anthropic.ts';
import { bedrock } from './catalog/bedrock.ts';
import { anthropicCompatible, openaiCompatible } from './catalog/compatible.ts';
import { google } from './catalog/google.ts';
import { openai } from './catalog/openai.ts';
import type { Provider } from './provider.ts';

/** Every vendor that Parley knows. Adding a compatible one is a file in `catalog/` and a line here. */
export const PROVIDERS: readonly Provider[] = [
  openai,
  anthropic,
  google,
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
