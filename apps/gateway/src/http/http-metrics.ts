import type { Metrics } from '@parley/inference';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** As nginx counts clients that left before the answer. */
const CLIENT_LEFT = 499;

/** Counts what clients see at the edge. The route is its template; what matched none is one series. */
export function observeHttp(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const startedAtMs = performance.now();
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    metrics.httpRequestsInFlight.inc({ route });
    // Answers are written past Fastify, so its own hook for sent responses would miss them.
    reply.raw.once('close', () => {
      metrics.httpRequestsInFlight.dec({ route });
      // Without headers there was no answer, and Node's status is its default.
      const code = reply.raw.headersSent ? reply.raw.statusCode : CLIENT_LEFT;
      metrics.httpRequests.inc({ route, method, code });
      metrics.httpRequestDurationSeconds.observe({ route, method }, (performance.now() - startedAtMs) / 1000);
    });
    done();
  });
}
