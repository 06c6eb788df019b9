import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type UpstreamRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The exact bytes that came. */
  body: Buffer;
  /** Settles when the exchange is over: whether the other side left before the answer was complete. */
  over: Promise<{ aborted: boolean; atMs: number }>;
};

/** Answers one request. For bytes that are no HTTP write to `response.socket`. */
export type UpstreamScript = (request: UpstreamRequest, response: ServerResponse) => void | Promise<void>;

export type Upstream = {
  /** Without a trailing slash. */
  url: string;
  /** All that came so far. */
  requests: UpstreamRequest[];
  /** How requests are answered; a test puts its own here. */
  script: UpstreamScript;
  close(): Promise<void>;
};

/** A provider whose every byte, and its moment, a test decides. */
export async function startUpstream(script: UpstreamScript = sendJson({})): Promise<Upstream> {
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    const over = new Promise<{ aborted: boolean; atMs: number }>((resolve) => {
      response.once('close', () => resolve({ aborted: !response.writableFinished, atMs: performance.now() }));
    });
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('error', () => {});
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body: Buffer.concat(pieces), over };
      upstream.requests.push(request);
      void upstream.script(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream: Upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    script,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return upstream;
}

/** A whole answer. */
export function sendJson(body: unknown, status = 200, headers: Record<string, string> = {}): UpstreamScript {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** A stream that comes in these pieces, so long after each other, and ends unless told otherwise. */
export function sendPieces(
  pieces: readonly (string | Buffer)[],
  { gapMs = 0, contentType = 'text/event-stream', ends = true } = {},
): UpstreamScript {
  return async (request, response) => {
    response.writeHead(200, { 'content-type': contentType }).flushHeaders();
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 && gapMs > 0) await sleep(gapMs);
      if (response.destroyed) return;
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), request.over]);
    }
    if (ends) response.end();
  };
}

/** An OpenAI chunk as a server-sent event. */
export function chatEvent(delta: object, finish: string | null = null, rest: object = {}): string {
  const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' };
  return `data: ${JSON.stringify({ ...envelope, choices: [{ index: 0, delta, finish_reason: finish }], ...rest })}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';

/** An OpenAI answer with a text and figures. */
export function chatCompletion(content: string, usage: object | null = tokens(10, 5)): object {
  const message = { role: 'assistant', content, refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  const envelope = { id: 'chatcmpl-1', object: 'chat.completion', created: 1_700_000_000, model: 'm' };
  return { ...envelope, choices, ...(usage && { usage }) };
}

export function tokens(prompt: number, completion: number): object {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
