import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type HealthParts = {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Whether the process does its work now; a rejection counts as no. */
  isReady: () => Promise<boolean>;
  /** The text of `GET /metrics`. */
  readMetrics: () => Promise<{ contentType: string; text: string }>;
};

export type HealthServer = { port: number; close(): void };

/** Answers `/health/live`, `/health/startup`, `/health/ready` and `/metrics`: the only HTTP of a worker. */
export async function startHealthServer({ host, port, isReady, readMetrics }: HealthParts): Promise<HealthServer> {
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    if (path === '/metrics') {
      const { contentType, text } = await readMetrics();
      response.setHeader('content-type', contentType).end(text);
    } else if (path === '/health/live') sendJson(response, 200, { status: 'ok' });
    else if (path === '/health/ready' || path === '/health/startup') {
      const ready = await isReady().catch(() => false);
      sendJson(response, ready ? 200 : 503, { status: ready ? 'ok' : 'error' });
    } else sendJson(response, 404, { status: 'error' });
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]!;
    answer(path, response).catch(() => sendJson(response, 500, { status: 'error' }));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
