import type { StoredKey } from '@parley/persistence';
import type { FastifyRequest } from 'fastify';

/** The API key behind a request; set by the identity guard on every route that is not public. */
export type Caller = StoredKey;

export type IdentifiedRequest = FastifyRequest & { caller: Caller };

/** Who calls when AUTH is off: only possible on a loopback address. */
export const ANONYMOUS: Caller = {
  id: 'key_anonymous',
  name: 'AUTH=off',
  role: 'admin',
  hash: '',
  last4: '',
  models: null,
  rpm: null,
  tpm: null,
  maxParallel: null,
  budgets: [],
  expiresAt: null,
  locale: null,
  tags: [],
  project: null,
};
