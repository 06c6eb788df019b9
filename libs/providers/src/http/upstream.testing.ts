import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

export type ReceivedRequest = { method: string; path: string; headers: IncomingMessage['headers']; body: string };

/** A real server on a loopback port. */
export type Upstream = { url: string; requests: ReceivedRequest[]; sockets: Set<Socket>; close(): Promise<void> };

type Answer = (response: ServerResponse, request: ReceivedRequest) => unknown;

/** Answers HTTP requests, and remembers them. */
export function startUpstream(answer: Answer): Promise<Upstream> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, headers, body });
      answer(response, requests.at(-1)!);
    });
  });
  return listen(server, requests);
}

/** Answers connections with raw bytes, once a request has begun to come. */
export function startSocketUpstream(answer: (socket: Socket) => void): Promise<Upstream> {
  return listen(
    createSocketServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => answer(socket));
    }),
    [],
  );
}

async function listen(server: Server, requests: ReceivedRequest[]): Promise<Upstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, requests, sockets, close };
}

/** Waits until the condition holds; gives the milliseconds that it took. */
export async function until(condition: () => boolean, withinMs = 5000): Promise<number> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - startMs;
}
