import type {
  ALIAS_STRATEGIES,
  Capabilities,
  ConnectionOptions,
  CreateKey,
  DialectId,
  Pricing,
} from '@parley/contracts';
import type { ModelSource } from '../models/model.entity.ts';

/** What the database says, as plain values: the inference room builds its in-process snapshot from these. */

export type StoredCredential = {
  id: string;
  /** The provider's key in the clear: never log it, never answer with it. */
  apiKey: string;
  last4: string;
};

export type StoredConnection = {
  id: string;
  name: string;
  /** Provider id of the catalog. */
  provider: string;
  /** Null: the provider's own address. */
  baseUrl: string | null;
  enabled: boolean;
  allowPrivateNetwork: boolean;
  options: ConnectionOptions;
  credentials: StoredCredential[];
  /** Why the credentials could not be opened, without any secret; null: they could. */
  problem: string | null;
};

export type StoredModel = {
  modelId: string;
  /** The name of a connection. */
  connection: string;
  provider: string;
  upstreamModel: string;
  /** Null: the dialect that the provider speaks first. */
  dialect: DialectId | null;
  displayName: string | null;
  contextLength: number | null;
  maxOutputTokens: number | null;
  /** Null: the price is not known, which is not the same as free. */
  pricing: Pricing | null;
  /** Counts the model's prices; null: it never had one. */
  priceVersion: number | null;
  capabilities: Capabilities;
  isAvailable: boolean;
  /** Since when its provider's list, which once had it, has it no more; null: it has it, or never had it. */
  missingSince: Date | null;
  source: ModelSource;
  createdAt: Date;
  updatedAt: Date;
};

export type AliasStrategy = (typeof ALIAS_STRATEGIES)[number];

/** `weight` counts only under the strategy `weighted`; it is 1 where none was given. */
export type AliasDeployment = { model: string; weight: number };

export type StoredAlias = { name: string; strategy: AliasStrategy; deployments: AliasDeployment[] };

export type KeyRole = CreateKey['role'];
export type KeyLocale = NonNullable<CreateKey['locale']>;
export type KeyBudget = NonNullable<CreateKey['budgets']>[number];

export type StoredKey = {
  id: string;
  name: string;
  role: KeyRole;
  /** HMAC-SHA-256 of the secret as lower-case hex; see `createKeyHasher`. */
  hash: string;
  last4: string;
  /** Patterns with `*`; null: all models. */
  models: string[] | null;
  /** Requests per minute; null: no limit. */
  rpm: number | null;
  /** Tokens per minute; null: no limit. */
  tpm: number | null;
  maxParallel: number | null;
  budgets: KeyBudget[];
  expiresAt: Date | null;
  locale: KeyLocale | null;
  tags: string[];
  project: string | null;
};

export type StoredConfiguration = {
  connections: StoredConnection[];
  models: StoredModel[];
  aliases: StoredAlias[];
  keys: StoredKey[];
};
