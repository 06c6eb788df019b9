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
const secretText = z
  .string()
  .min(1)
  .max(4096)
  // It travels in a header: a line break in it would start another one.
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces');

const credential = z.union(
  [
    z.strictObject({ api_key: secretText }),
    // AWS: https://docs.aws.amazon.com/general/latest/gr/aws-sec-cred-types.html
    z.strictObject({ access_key_id: secretText, secret_access_key: secretText, session_token: secretText.optional() }),
    // Google: https://cloud.google.com/iam/docs/keys-create-delete; the file's content, or its text.
    z.strictObject({ service_account: z.union([z.looseObject({}), z.string().min(2).max(16_384)]) }),
    // Microsoft Entra: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    z.strictObject({ tenant_id: secretText, client_id: secretText, client_secret: secretText }),
  ],
  {
    error:
      'must be an object with `api_key`; or `access_key_id` and `secret_access_key`; or `service_account`; or ' +
      '`tenant_id`, `client_id` and `client_secret`',
  },
);
type CredentialInput = z.infer<typeof credential>;

/** A credential as it is sealed and handed to the provider's `auth`: the key itself, or the parts of it as JSON. */
export function credentialText(input: CredentialInput): string {
  if ('api_key' in input) return input.api_key;
  if (!('service_account' in input)) return JSON.stringify(input);
  const { service_account: account } = input;
  return typeof account === 'string' ? account : JSON.stringify(account);
}

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

/** It stands in addresses, so it holds nothing that could reach into their other parts. */
const optionText = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'must be letters, digits, ".", "_", ":", "-"');

/** It travels in a header. */
const headerText = z.string().regex(/^[\x20-\x7e]{1,256}$/, 'must be at most 256 visible ASCII characters');

const connectionOptions = z.strictObject({
  /** Models that are not in the table are reachable as `<connection>/<anything>`. */
  passthrough_models: z.boolean().optional(),
  /** Azure: the dated version of the older deployment paths; absent: the v1 API. */
  api_version: optionText.optional(),
  /** AWS region, such as `us-east-1`. */
  region: optionText.optional(),
  /** Google Cloud or OpenAI project. */
  project: optionText.optional(),
  /** Google Cloud location, such as `us-central1` or `global`. */
  location: optionText.optional(),
  /** OpenAI or GitHub organization. */
  organization: optionText.optional(),
  /** How OpenRouter names the calling application in its statistics. */
  app_url: headerText.optional(),
  app_name: headerText.optional(),
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

/** Null takes an administrator's word back: the field is for the sync to fill. */
const modelFields = {
  dialect: z.enum(DIALECT_IDS).nullish(),
  display_name: storableText(256).nullish(),
  context_length: tokenCount.nullish(),
  max_output_tokens: tokenCount.nullish(),
  pricing: pricingSchema.nullish(),
  capabilities: capabilitiesSchema.strict().nullish(),
  is_available: z.boolean().nullish(),
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

/** Absent, or without a connection: all that can be used. */
export const syncModelsSchema = z.strictObject({ connection: connectionName.optional() }).optional();
export type SyncModels = z.infer<typeof syncModelsSchema>;

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
