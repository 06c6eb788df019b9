import { Injectable } from '@nestjs/common';
import { GatewayError } from '@parley/contracts';
import type { Deadline } from '@parley/inference';
import type { FastifyInstance } from 'fastify';
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Slots } from './slots.ts';

/** How soon a connection is closed after its answer; Node closes those that are idle, but only when it is told. */
const IDLE_CHECK_MS = 50;
/** For writing the last events to clients. */
const LAST_WORDS_MS = 1000;

/** How this process lets go of its callers when it shuts down. */
@Injectable()
export class Drain {
  isDraining = false;
  private readonly calls = new Slots<{ deadline: Deadline; response: ServerResponse }>();

  /** Remembers a call until its response is closed. */
  track(deadline: Deadline, response: ServerResponse): void {
    response.once('close', this.calls.add({ deadline, response }));
  }

  /**
   * Takes no new connection and no new request; gives the running ones so long to end, then ends the rest: a stream with
   * an error event, a call that was not answered yet with a 503. Resolves when no connection is left.
   */
  async run(server: Server, timeoutMs: number): Promise<void> {
    this.isDraining = true;
    // Those that are still without headers say `Connection: close`, so that no caller counts on the connection.
    for (const { response } of this.calls.values()) response.shouldKeepAlive = false;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    await Promise.race([closed, sleep(timeoutMs, undefined, { ref: false })]);
    for (const { deadline } of this.calls.values()) deadline.abort(new GatewayError('server_shutting_down'));
    await Promise.race([closed, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
    clearInterval(idle);
    server.closeAllConnections();
  }
}

/** Requests that come in on connections from before are refused, so that they are sent to another replica. */
export function refuseWhileDraining(fastify: FastifyInstance, drain: Drain): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!drain.isDraining) return done();
    reply.raw.shouldKeepAlive = false;
    // Whoever asks how this process is shall hear it.
    if (request.url.startsWith('/health/')) done();
    else done(new GatewayError('server_shutting_down'));
  });
}
