import { buildConnector, Pool } from 'undici';
import { AddressNotAllowedError, isPrivateHost, lookupPublic } from './address-guard.ts';

const KEEP_ALIVE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connections to providers: one pool per origin and credential, so that no caller's bytes ever share a socket with
 * another credential's. Redirects are not followed, and compression is not asked for.
 */
export class UpstreamPools {
  private readonly pools = new Map<string, Pool>();

  poolFor(origin: string, credentialId: string, allowPrivateNetwork: boolean): Pool {
    const key = `${allowPrivateNetwork ? 'any' : 'public'} ${credentialId} ${origin}`;
    let pool = this.pools.get(key);
    if (!pool) {
      pool = openPool(origin, allowPrivateNetwork);
      this.pools.set(key, pool);
    }
    return pool;
  }

  /** Ends idle connections; running calls may finish. */
  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }
}

function openPool(origin: string, allowPrivateNetwork: boolean): Pool {
  const connect = guardedConnector(allowPrivateNetwork);
  return new Pool(origin, { pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS, connect });
}

/** How every socket to a provider is opened: only to public addresses, unless the connection may go anywhere. */
export function guardedConnector(allowPrivateNetwork: boolean): buildConnector.connector {
  const connect = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    ...(!allowPrivateNetwork && { lookup: lookupPublic }),
  });
  return (options, callback) => {
    // An address that is spelt out is never looked up, so the resolver's check would not see it.
    if (allowPrivateNetwork || !isPrivateHost(options.hostname)) connect(options, callback);
    else callback(new AddressNotAllowedError(options.hostname), null);
  };
}
