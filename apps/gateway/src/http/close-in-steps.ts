import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';

/** As long as clients that write on get to look for the answer that they have. */
const LINGER_MS = 2000;

/**
 * Closes a connection in two steps: first this side of it, while what the client still sends is thrown away, then all of it.
 * Closed at once with bytes unread it is reset, and a client that is still writing, say a body that is too large, meets
 * the reset before it has read why. Source: https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function closeInSteps(fastify: FastifyInstance): void {
  fastify.server.on('connection', (socket: Socket) => {
    // What Node does with a connection after its last answer.
    socket.destroySoon = () => {
      if (socket.writableEnded) return;
      socket.end();
      const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
      socket.once('close', () => clearTimeout(timer));
    };
  });
  // What comes behind the last answer is no request any more.
  fastify.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    if (!socket.writableEnded) return done();
    reply.hijack();
    socket.destroy();
  });
}
