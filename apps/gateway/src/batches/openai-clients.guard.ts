import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { GatewayError } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';
import { isAnthropicClient, isGeminiClient } from '../errors/foreign-client.ts';

/**
 * The clients of other vendors ask for files and batches of another kind at the same paths, and would read OpenAI's as
 * none. Throws `unknown_route`.
 */
@Injectable()
export class OpenAiClientsGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!isAnthropicClient(request) && !isGeminiClient(request)) return true;
    const values = { method: request.method, path: request.url.split('?')[0] ?? '' };
    throw new GatewayError('unknown_route', { values });
  }
}
