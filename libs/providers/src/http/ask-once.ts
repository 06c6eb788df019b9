import type { HeaderMap } from '@parley/dialects';
import { Client } from 'undici';
import { Exchange } from './exchange.ts';
import { guardedConnector } from './pools.ts';
import { transportFailure } from './transport-failure.ts';

export type Question = { address: string; headers: Record<string, string>; allowPrivateNetwork: boolean };
export type Reply = { status: number; headers: HeaderMap; body: Buffer };

const SILENCE_MS = 15_000;
const REPLY_BYTES = 256 * 1024;

/**
 * One small GET beside the calls, such as for a token, on a connection of its own that is under the same guard as the
 * pools'. Rejects with `UpstreamFailureError`, or with the signal's reason.
 */
export async function askOnce(question: Question, signal: AbortSignal): Promise<Reply> {
  const { origin, pathname, search } = new URL(question.address);
  const client = new Client(origin, { connect: guardedConnector(question.allowPrivateNetwork) });
  try {
    return await new Promise<Reply>((resolve, reject) => {
      let head: Omit<Reply, 'body'>;
      const exchange = new Exchange(
        {
          onHead(status, headers) {
            head = { status, headers };
            return { collectUpTo: REPLY_BYTES };
          },
          onData() {},
          onEnd() {},
          onBody: (body) => resolve({ ...head, body }),
          onError: (error) => reject(transportFailure(error, signal) as Error),
        },
        signal,
      );
      const { headers } = question;
      const silence = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
      client.dispatch({ method: 'GET', path: pathname + search, headers, ...silence }, exchange);
    });
  } finally {
    void client.destroy();
  }
}
