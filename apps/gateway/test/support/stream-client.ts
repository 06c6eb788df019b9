import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { TestGateway } from './test-gateway.ts';

/** A client that decides itself when it reads and when it leaves. */
export type StreamClient = {
  request: ClientRequest;
  /** Settles when the head has come; rejects when the client leaves before. */
  head: Promise<IncomingMessage>;
};

export function openStream(gateway: TestGateway, body: object, headers: Record<string, string> = {}): StreamClient {
  const outgoing = request(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.adminKey}`, ...headers },
  });
  const head = once(outgoing, 'response').then(([response]) => response as IncomingMessage);
  head.catch(() => {});
  outgoing.on('error', () => {});
  outgoing.end(JSON.stringify(body));
  return { request: outgoing, head };
}

/** Waits until something holds; fails with its name when it never does. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 3000,
): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`it never came about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
