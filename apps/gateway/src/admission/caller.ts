import type { StoredKey } from '@parley/persistence';
import type { FastifyRequest } from 'fastify';

/** The API key behind a request; set by the identity guard on every route that is not public. */
export type Caller = StoredKey;

export type IdentifiedRequest = FastifyRequest & { caller: Caller };
