import type { FastifyRequest } from 'fastify';
import { isGeminiCall } from '../doors/gemini-path.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The methods that a request's path is served with, for paths without parameters; Fastify itself says 404 for others. */
export function allowedMethods({ server, url }: FastifyRequest): string[] {
  if (isGeminiCall(url)) return ['POST'];
  const [path = ''] = url.split('?');
  return METHODS.filter((method) => server.hasRoute({ method, url: path }));
}
