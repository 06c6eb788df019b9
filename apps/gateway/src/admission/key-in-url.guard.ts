import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { invalidRequest } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';
import { isGeminiPath } from '../doors/gemini-path.ts';

/**
 * Google's own service takes a key in the URL, and its older clients send it there. URLs stand in the logs of every proxy
 * on the way, so a key in one is refused, also beside a good one.
 */
@Injectable()
export class KeyInUrlGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { url, query } = context.switchToHttp().getRequest<FastifyRequest>();
    if (Object.hasOwn(query as object, 'key') && isGeminiPath(url)) {
      throw invalidRequest('key', 'must not stand in the URL: send it in the header x-goog-api-key');
    }
    return true;
  }
}
