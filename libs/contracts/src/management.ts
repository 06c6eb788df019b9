import { z } from 'zod';
import { capabilitiesSchema, DIALECT_IDS, pricingSchema } from './models.ts';

/** Bodies of the management API. Strict: a field that we do not know is refused, so a typing error never passes silently. */

const connectionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, at most 63 characters');

/** Credentials are write-only: answers show the last 4 characters. */
const credential = z.strictObject({ api_key: z.string().min(1).max(4096) });

const connectionOptions = z.strictObject({
  /** Models that are not in the table are reachable as `<connection>/<anything>`. */
  passthrough_models: z.boolean().optional(),
});
export type ConnectionOptions = z.infer<typeof connectionOptions>;

const connectionFields = {
  provider: z.string().min(1),
  base_url: z.url({ protocol: /^https?$/ }).optional(),
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
  provider: z.string().min(1).optional(),
});
export type ConfigureConnection = z.infer<typeof configureConnectionSchema>;

const { provider: _fixed, ...changeableFields } = connectionFields;
export const updateConnectionSchema = z.strictObject(changeableFields);
export type UpdateConnection = z.infer<typeof updateConnectionSchema>;

const modelId = z.string().min(1).max(256).regex(/^\S+$/, 'must hold no spaces');

const modelFields = {
  dialect: z.enum(DIALECT_IDS).optional(),
  display_name: z.string().max(256).nullish(),
  context_length: z.number().int().positive().nullish(),
  max_output_tokens: z.number().int().positive().nullish(),
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

const deployment = z.union([
  modelId,
  z.strictObject({ model: modelId, weight: z.number().int().min(1).max(1000).optional() }),
]);

/** Strategies beyond `priority` and `weighted` come with the routing step; naming one that does not exist is an error. */
export const ALIAS_STRATEGIES = ['priority', 'weighted'] as const;

export const putAliasSchema = z.strictObject({
  strategy: z.enum(ALIAS_STRATEGIES).default('priority'),
  deployments: z.array(deployment).min(1).max(50),
});
export type PutAlias = z.infer<typeof putAliasSchema>;

const perMinute = z.number().int().positive().max(10_000_000).nullish();

const keyFields = {
  name: z.string().min(1).max(200),
  role: z.enum(['admin', 'member']),
  /** Patterns with `*`, matched against model ids and aliases; absent or null = all models. */
  models: z.array(z.string().min(1).max(256)).max(1000).nullish(),
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
  expires_at: z.iso.datetime({ offset: true }).nullish(),
  locale: z.enum(['en', 'ru', 'uk']).nullish(),
  tags: z.array(z.string().min(1).max(100)).max(50).nullish(),
  project: z.string().min(1).max(200).nullish(),
};

export const createKeySchema = z.strictObject({ ...keyFields, role: keyFields.role.default('member') });
export type CreateKey = z.infer<typeof createKeySchema>;

export const updateKeySchema = z.strictObject(keyFields).partial();
export type UpdateKey = z.infer<typeof updateKeySchema>;
