import { GatewayError, type UpdateKey } from '@parley/contracts';
import type { ApiKey, KeyFields } from '@parley/persistence';

/** An API key as the management API shows it. */
export type KeyObject = {
  id: string;
  name: string;
  role: ApiKey['role'];
  last4: string;
  /** Patterns with `*`; null: all models. */
  models: string[] | null;
  rpm: number | null;
  tpm: number | null;
  max_parallel: number | null;
  budgets: ApiKey['budgets'];
  expires_at: string | null;
  locale: ApiKey['locale'];
  tags: string[];
  project: string | null;
  created_at: string;
  updated_at: string;
  rotated_at: string | null;
};

/** With the secret, which is shown this once. */
export type KeyWithSecretObject = KeyObject & { key: string };

export function keyObject(key: ApiKey): KeyObject {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    last4: key.last4,
    models: key.models,
    rpm: key.rpm,
    tpm: key.tpm,
    max_parallel: key.maxParallel,
    budgets: key.budgets,
    expires_at: key.expiresAt?.toISOString() ?? null,
    locale: key.locale,
    tags: key.tags,
    project: key.project,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
    rotated_at: key.rotatedAt?.toISOString() ?? null,
  };
}

/** The fields that are given, under the names of the store. */
export function keyFields(body: UpdateKey): Partial<KeyFields> {
  const { name, role, models, rpm, tpm, max_parallel: maxParallel, expires_at: expiresAt, locale, project } = body;
  // A budget that nothing holds would be worse than none.
  if (body.budgets && body.budgets.length > 0) {
    const reason = 'budgets come with a later version, and until then nothing would hold them';
    throw new GatewayError('unsupported_parameter', { param: 'budgets', values: { param: 'budgets', reason } });
  }
  return {
    ...(name !== undefined && { name }),
    ...(role !== undefined && { role }),
    ...(models !== undefined && { models }),
    ...(rpm !== undefined && { rpm }),
    ...(tpm !== undefined && { tpm }),
    ...(maxParallel !== undefined && { maxParallel }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : new Date(expiresAt) }),
    ...(locale !== undefined && { locale }),
    ...(body.tags !== undefined && { tags: body.tags ?? [] }),
    ...(project !== undefined && { project }),
  };
}
