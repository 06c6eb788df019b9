import { z } from 'zod';
import { capabilitiesSchema, DIALECT_IDS, pricingSchema } from './models.ts';

/** Bodies of the management API. Strict: a field that we do not know is refused, so a typing error never passes silently. */

/**
 * Text as Postgres can store it and a log line can carry it: no control characters (a NUL is refused by `text`), no half
 * of a surrogate pair (refused by `jsonb`).
 */
export const storableText = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^\P{Cc}*$/u, 'must hold no control characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

const connectionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, at most 63 characters');

/** Credentials are write-only: answers show the last 4 characters. */
const credential = z.strictObject({
  api_key: z
    .string()
    .min(1)
    .max(4096)
    // It travels in a header: a line break in it would start another one.
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces'),
});

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that starts with http:// or https://' })
  .max(2048)
  .regex(/^[^\s\p{Cc}?#]*$/u, 'must hold no query, no fragment and no spaces')
  // It is shown to every administrator, and a secret in it would be shown as well.
  .refine(holdsNoUser, 'must hold no user and no password');

function holdsNoUser(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

const connectionOptions = z.strictObject({
  /** Models that are not in the table are reachable as `<connection>/<anything>`. */
  passthrough_models: z.boolean().optional(),
});
export type ConnectionOptions = z.infer<typeof connectionOptions>;

const connectionFields = {
  provider: storableText(64),
  /** Null or absent: the provider's own address. */
  base_url: baseUrl.nullish(),
  credentials: z.array(credential).max(20).optional(),
  enabled: z.boolean().optional(),
  allow_private_network: z.boolean().optional(),
  options: connectionOptions.optional(),
};

export const createConnectionSchema = z.strictObject({ name: connectionName, ...connectionFields });
export type CreateConnection = z.infer<typeof createConnectionSchema>;

/** `POST /api/monitoring/providers/{name}/config`: create or update; the name comes from the path. */
export const configureConnectionSchema = z.strictObject({
  ...connectionFields,
  provider: connectionFields.provider.optional(),
});
export type ConfigureConnection = z.infer<typeof configureConnectionSchema>;

const { provider: _fixed, ...changeableFields } = connectionFields;
export const updateConnectionSchema = z.strictObject(changeableFields);
export type UpdateConnection = z.infer<typeof updateConnectionSchema>;

const modelId = storableText(256).regex(/^\S+$/, 'must hold no spaces');

/** The table's columns are 32-bit integers. */
const tokenCount = z.number().int().positive().max(2_147_483_647);

const modelFields = {
  dialect: z.enum(DIALECT_IDS).optional(),
  display_name: storableText(256).nullish(),
  context_length: tokenCount.nullish(),
  max_output_tokens: tokenCount.nullish(),
  pricing: pricingSchema.nullish(),
  capabilities: capabilitiesSchema.strict().optional(),
  is_available: z.boolean().optional(),
};

export const createModelSchema = z.strictObject({
  model_id: modelId,
  connection: connectionName,
  upstream_model: modelId,
  ...modelFields,
});
export type CreateModel = z.infer<typeof createModelSchema>;

export const updateModelSchema = z.strictObject(modelFields);
export type UpdateModel = z.infer<typeof updateModelSchema>;

const deployment = z.union(
  [modelId, z.strictObject({ model: modelId, weight: z.number().int().min(1).max(1000).optional() })],
  { error: 'must be a model id, or an object with `model` and `weight` (1 to 1000)' },
);

/** An alias stands where a model id stands; a slash would make it look like one. */
export const aliasNameSchema = storableText(128).regex(/^[^\s/]+$/, 'must hold no slash and no spaces');

/** Strategies beyond `priority` and `weighted` come with the routing step; naming one that does not exist is an error. */
export const ALIAS_STRATEGIES = ['priority', 'weighted'] as const;

export const putAliasSchema = z.strictObject({
  strategy: z.enum(ALIAS_STRATEGIES).default('priority'),
  deployments: z.array(deployment).min(1).max(50),
});
export type PutAlias = z.infer<typeof putAliasSchema>;

const isoTime = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-01-31T12:00:00Z' });

const perMinute = z.number().int().positive().max(10_000_000).nullish();

const keyFields = {
  name: storableText(200),
  role: z.enum(['admin', 'member']),
  /** Patterns with `*`, matched against model ids and aliases; absent or null = all models. */
  models: z.array(storableText(256)).max(1000).nullish(),
  /** Requests per minute. */
  rpm: perMinute,
  /** Tokens per minute. */
  tpm: perMinute,
  max_parallel: z.number().int().positive().max(100_000).nullish(),
  budgets: z
    .array(
      z.strictObject({
        usd: z.string().regex(/^\d{1,9}(\.\d{1,9})?$/, 'must be a decimal string in US dollars'),
        period: z.enum(['day', 'week', 'month', 'total']),
        hard: z.boolean().default(true),
      }),
    )
    .max(10)
    .nullish(),
  expires_at: isoTime.nullish(),
  locale: z.enum(['en', 'ru', 'uk']).nullish(),
  tags: z.array(storableText(100)).max(50).nullish(),
  project: storableText(200).nullish(),
};

export const createKeySchema = z.strictObject({ ...keyFields, role: keyFields.role.default('member') });
export type CreateKey = z.infer<typeof createKeySchema>;

export const updateKeySchema = z.strictObject(keyFields).partial();
export type UpdateKey = z.infer<typeof updateKeySchema>;
