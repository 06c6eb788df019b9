import type { Server } from 'node:http';

const SWEEP_MS = 50;

/**
 * Ends the connections of a server that is closing: each as soon as it is idle, since nothing tells when one falls idle
 * and clients keep them open for long, and all that are left when the time is over. Gives the way to stop doing so.
 */
export function endConnections(server: Server, withinMs: number): () => void {
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const giveUp = setTimeout(() => server.closeAllConnections(), withinMs);
  return () => {
    clearInterval(sweep);
    clearTimeout(giveUp);
  };
}
