import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GatewayError } from '@parley/contracts';
import { ANONYMOUS, Runtime, type Snapshot } from '@parley/inference';
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ACCESS_METADATA, type Access } from './access.decorator.ts';
import type { Caller, IdentifiedRequest } from './caller.ts';

/**
 * Lets a request in only with a key that may use its route; what a route does not say is denied to all but
 * administrators. Decides by the handler that the router matched, never by the URL.
 */
@Injectable()
export class IdentityGuard implements CanActivate {
  /** Metadata never changes, so it is read once per handler. */
  private readonly accessByHandler = new WeakMap<object, Access>();

  private recognised: { snapshot: Snapshot | undefined; callers: Map<string, Caller> } = {
    snapshot: undefined,
    callers: new Map(),
  };

  constructor(
    private readonly runtime: Runtime,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const access = this.accessOf(context);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    request.caller = this.runtime.environment.AUTH === 'off' ? ANONYMOUS : this.identify(request.headers);
    if (access === 'admin' && request.caller.role !== 'admin') throw new GatewayError('admin_required');
    return true;
  }

  private accessOf(context: ExecutionContext): Access {
    const handler = context.getHandler();
    let access = this.accessByHandler.get(handler);
    if (!access) {
      const targets = [handler, context.getClass()];
      access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS_METADATA, targets) ?? 'admin';
      this.accessByHandler.set(handler, access);
    }
    return access;
  }

  private identify(headers: IncomingHttpHeaders): Caller {
    const secret = readSecret(headers);
    if (secret === undefined) throw this.refuse('missing');
    const { configuration } = this.runtime;
    const caller = this.recognise(configuration.current, secret);
    if (!caller) {
      // A key may have been made while the database could not be read: that is our fault, not the caller's.
      if (configuration.isStale)
        throw new GatewayError('dependency_unavailable', { values: { dependency: 'postgres' } });
      throw this.refuse('unknown');
    }
    if (caller.expiresAt && caller.expiresAt.getTime() <= Date.now()) throw this.refuse('expired');
    return caller;
  }

  /** An HMAC per request is dear: a secret that was proven once is found by its plain hash, in this process only. */
  private recognise(snapshot: Snapshot, secret: string): Caller | undefined {
    if (this.recognised.snapshot !== snapshot) this.recognised = { snapshot, callers: new Map() };
    const digest = hash('sha256', secret);
    let caller = this.recognised.callers.get(digest);
    if (!caller) {
      caller = snapshot.keys.get(this.runtime.hashKey(secret));
      // Only valid keys are remembered, so guesses cannot fill the memory.
      if (caller) this.recognised.callers.set(digest, caller);
    }
    return caller;
  }

  private refuse(reason: 'missing' | 'unknown' | 'expired'): GatewayError {
    this.runtime.metrics.authFailures.inc({ reason });
    return new GatewayError('invalid_api_key');
  }
}

/** One place for all spellings: OpenAI's, Anthropic's, Azure's and Gemini's clients. Never from the URL. */
function readSecret(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization) return /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
  for (const name of ['x-api-key', 'api-key', 'x-goog-api-key']) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
