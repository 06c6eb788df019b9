import type { StoredKey } from '@parley/persistence';

/** Who calls while AUTH is off: only possible on a loopback address. */
export const ANONYMOUS: StoredKey = {
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
