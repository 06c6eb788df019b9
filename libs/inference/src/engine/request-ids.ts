import { randomBytes } from 'node:crypto';

/**
 * Ids for logs, answers and the ledger: the process's start, randomness of its own and a counter. Unique over processes
 * and restarts, and growing, so that the ledger's index grows at its end; random bits per request would cost more than
 * they give, since an id is no secret.
 */
export function createRequestIds(): () => string {
  const prefix = `req_${Date.now().toString(36)}${randomBytes(6).toString('hex')}`;
  let count = 0;
  return () => {
    count += 1;
    return prefix + count.toString(36).padStart(8, '0');
  };
}
