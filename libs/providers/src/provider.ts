import type { Capabilities } from '@parley/contracts';
import type { Dialect } from '@parley/dialects';

/** How a credential travels. */
export type AuthStyle = 'bearer' | 'x-api-key' | 'x-goog-api-key';

/** A vendor, as data. */
export type Provider = {
  /** Also the name of the connection that is made from the environment. */
  id: string;
  name: string;
  /** The dialects it speaks, the preferred one first. */
  dialects: readonly [Dialect, ...Dialect[]];
  /** What the vendor's own SDK calls its base URL; null: every connection brings its own. */
  baseUrl: string | null;
  auth: AuthStyle;
  /** False: works without a credential. */
  needsCredential: boolean;
  environment?: {
    /** Variables that may hold the key; the first one that is set counts. */
    apiKey: readonly string[];
    /** `<PREFIX>_BASE_URL` overrides the address, `<PREFIX>_ENABLED=0` keeps the connection off. */
    prefix: string;
  };
  /** The vendor's id in @pydantic/genai-prices. */
  pricesId?: string;
  /** Tells the models for chat from the others of the price catalog; absent: all of them are. */
  isChatModel?(upstreamModel: string): boolean;
  /** What `default` stands for where the operator named nothing: cheap, quick and current. */
  defaultModel?: string;
  /** What is known of a model from its name alone. */
  capabilitiesOf?(upstreamModel: string): Capabilities;
};
