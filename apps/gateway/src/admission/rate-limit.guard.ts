import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { GatewayError, type Environment } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';
import { isIPv6 } from 'node:net';
import { FixedWindowStorage } from './fixed-window-storage.ts';

const MINUTE_MS = 60_000;

type CoarseLimit = { name: string; ttl: number; limit: number; getTracker: (request: unknown) => string };

/** One count for all routes: the library's own key would give each route a budget of its own. */
const generateKey = (_context: unknown, tracker: string, name: string): string => `${name} ${tracker}`;

/** The coarse limits in front of everything: over all callers, and per address before anybody is known. */
export function throttlerOptions(
  environment: Environment,
  onRejection: (scope: string) => void,
): ThrottlerModuleOptions {
  const { RATE_LIMIT_GLOBAL_RPM: global, RATE_LIMIT_PER_ADDRESS_RPM: perAddress } = environment;
  const throttlers: CoarseLimit[] = [
    { name: 'global', ttl: MINUTE_MS, limit: global, getTracker: () => 'all' },
    {
      name: 'address',
      ttl: MINUTE_MS,
      limit: perAddress,
      getTracker: (request) => addressOf(request as FastifyRequest),
    },
  ];
  return {
    throttlers: throttlers.filter(({ limit }) => limit > 0),
    storage: new FixedWindowStorage(onRejection),
    setHeaders: false,
  };
}

@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  /** No route has limits of its own; the library would look through the route's metadata a dozen times for each limit. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    for (const throttler of this.throttlers) {
      const { limit, ttl, getTracker } = throttler as CoarseLimit;
      await this.handleRequest({ context, limit, ttl, blockDuration: ttl, throttler, getTracker, generateKey });
    }
    return true;
  }

  protected override throwThrottlingException(
    ...[, detail]: Parameters<ThrottlerGuard['throwThrottlingException']>
  ): Promise<void> {
    const retryAfterMs = Math.max(1, detail.timeToExpire) * 1000;
    const values = { limit: `${detail.limit} requests per minute` };
    return Promise.reject(new GatewayError('rate_limit_exceeded', { values, retryAfterMs }));
  }
}

/** A customer's IPv6 network is a /64: single addresses in it are free for the taking. */
function addressOf({ ip }: FastifyRequest): string {
  return isIPv6(ip) && !ip.startsWith('::ffff:') ? expandIpv6(ip).slice(0, 4).join(':') : ip;
}

function expandIpv6(address: string): string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left;
  const right = tail === '' ? [] : tail.split(':');
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
}
