import type { Capabilities, ConnectionOptions, DialectId, Pricing } from '@parley/contracts';
import type { BodyEdits, ChatQuirks, Dialect, EmbeddingsFormat } from '@parley/dialects';
import type { Auth } from './auth/authorize.ts';

/** What a connection brings to its provider. */
export type Account = {
  baseUrl: string;
  options: ConnectionOptions;
  /** Whether what its vendor asks for beside the calls may lie at a private address. Absent: no. */
  allowPrivateNetwork?: boolean;
};

/** Where calls for one model go, below the base URL. */
export type Paths = {
  whole: string;
  stream: string;
  /** Where the tokens of a request are counted; absent: nowhere. */
  count?: string;
  /** Absent: that of the format of embeddings. */
  embeddings?: string;
};

/** A model as its provider lists it; null: the provider does not say. */
export type ListedModel = {
  /** The upstream name. */
  id: string;
  displayName: string | null;
  contextLength: number | null;
  maxOutputTokens: number | null;
  /** Absent where the provider's list never holds prices. */
  pricing?: Pricing | null;
  /** What the list says that it can do. */
  capabilities?: Capabilities;
  /** False: it is for something else, such as embeddings or images. Absent: the list does not say. */
  isForChat?: boolean;
};

/** How a vendor tells which models it has. */
export type ModelList = {
  /**
   * The whole address; it may lie on another host than the calls. The base URL comes without `baseUrlEnding`. Absent: where
   * the dialect has it.
   */
  address?(account: Account): string;
  /** Where the rest of it is, if it comes in several lists; each is read in the same way. */
  furtherAddresses?(account: Account): string[];
  /** Throws `provider_bad_answer` when the body is no model list. Absent: it is a list as the dialect knows it. */
  read?(body: unknown): ListedModel[];
};

/** Variables that describe a connection. */
export type ProviderEnvironment = {
  /** `<PREFIX>_BASE_URL` overrides the address, `<PREFIX>_ENABLED=0` keeps the connection off. */
  prefix: string;
  /** Variables that may hold the key; the first one that is set counts. */
  apiKey: readonly string[];
  /** Further variables that may hold the address, in the vendor's own words. */
  baseUrl?: readonly string[];
  /** The base URL that such a value means, where it is not one itself, as a bare host name. Throws on what is no address. */
  baseUrlFrom?: (value: string) => string;
  /** Options of the connection and the variables that may hold them. */
  options?: Partial<Record<Exclude<keyof ConnectionOptions, 'passthrough_models'>, readonly string[]>>;
  /**
   * Whether these variables describe a connection at all. Absent: where there is a key, or an address for a provider
   * that needs none.
   */
  isPresent?(variables: Readonly<Record<string, string | undefined>>): boolean;
};

/** A vendor, as data. */
export type Provider = {
  /** Also the name of the connection that is made from the environment. */
  id: string;
  name: string;
  /** The dialects it speaks, the preferred one first. */
  dialects: readonly [Dialect, ...Dialect[]];
  /** Which of them a model is spoken to in, where that is not the preferred one. */
  dialectOf?(upstreamModel: string): DialectId | undefined;
  /** The others in which a model is spoken to as well, when a client speaks them. Absent: none. */
  alsoSpeaks?(upstreamModel: string): readonly DialectId[];
  /** What the vendor's own SDK calls its base URL; null: every connection brings its own. */
  baseUrl: string | null;
  /** The base URL that follows from a connection's options, for vendors with an address for each region or project. */
  baseUrlFor?(options: ConnectionOptions): string | undefined;
  /** What a base URL may end in although the vendor's `paths` begin with it. */
  baseUrlEnding?: RegExp;
  /** Options without which there is nowhere to call. */
  requiredOptions?: readonly (keyof ConnectionOptions)[];
  auth: Auth;
  /** False: works without a credential. */
  needsCredential: boolean;
  /** In place of the dialect's own paths. The model's name comes escaped; undefined: the dialect's. */
  paths?(dialect: DialectId, model: string, account: Account): Paths | undefined;
  /** Headers beside those of the dialect. */
  headers?(account: Account): Record<string, string>;
  /** In place of the dialect's own list; null: the vendor has none. */
  modelList?: ModelList | null;
  environment?: ProviderEnvironment;
  /** The vendor's id in @pydantic/genai-prices. */
  pricesId?: string;
  /** The upstream name of a model in that catalog, where the catalog has another one for it. */
  upstreamNameOf?: (pricedModel: string) => string;
  /** Tells the models for chat from the others of the price catalog; absent: all of them are. */
  isChatModel?(upstreamModel: string): boolean;
  /** Tells the models that make embeddings, which do not chat; absent: nothing is known. */
  isEmbeddingModel?(upstreamModel: string): boolean;
  /** How a model makes embeddings; undefined: not at all. Absent: in the format that goes with its dialect. */
  embeddingsFormatOf?(upstreamModel: string): EmbeddingsFormat | undefined;
  /** What `default` stands for where the operator named nothing: cheap, quick and current. */
  defaultModel?: string;
  /** The customer gives the models their names: the price catalog's are no list of what there is. */
  hasOwnModelNames?: boolean;
  /** What its bodies have otherwise than the dialect says: see `Target.bodyEdits`. */
  bodyEdits?: Partial<Record<DialectId, BodyEdits>>;
  /** See `Target.countsBareRequests`. */
  countsBareRequests?: boolean;
  /** How its chat format differs from OpenAI's. */
  quirks?: ChatQuirks;
  /** What is known of a model from its name alone. */
  capabilitiesOf?(upstreamModel: string): Capabilities;
};
