import { chatDoor, findMembers } from '@parley/dialects';
import type { ChatRequest, ChatUsage } from '@parley/contracts';
import type { Answer } from './answer.ts';
import type { Deployment } from './deployment.ts';
import { UpstreamPools } from './http/pools.ts';
import { invoke, type Invocation, type SilenceLimits } from './invoke.ts';
import type { LiveStream } from './live-stream.ts';
import { findProvider } from './registry.ts';

export const ESTIMATE: ChatUsage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const LIMITS: SilenceLimits = { beforeHeadMs: 5000, withinBodyMs: 5000 };

export function deploymentAt(
  url: string,
  providerId = 'openai-compatible',
  upstreamModel = 'upstream-model',
): Deployment {
  const provider = findProvider(providerId)!;
  return {
    id: 'here/model',
    connection: 'here',
    provider,
    dialect: provider.dialects[0],
    target: { provider: 'here', upstreamModel, capabilities: {}, maxOutputTokens: 100 },
    baseUrl: url,
    allowPrivateNetwork: true,
    options: {},
    credentials: [],
  };
}

type Options = { fields?: object; limits?: Partial<SilenceLimits> } & Partial<Invocation>;

/** Asks deployments over real sockets, with pools that `close` ends. */
export function openClient() {
  const pools = new UpstreamPools();
  return {
    pools,
    close: () => pools.close(),
    async ask(deployment: Deployment, { fields, limits, ...invocation }: Options = {}): Promise<Answer> {
      const request: ChatRequest = {
        model: 'here/model',
        messages: [{ role: 'user', content: 'hi' }],
        ...(invocation.stream && { stream: true }),
        ...fields,
      };
      const bytes = Buffer.from(JSON.stringify(request));
      const [credential] = deployment.credentials;
      return invoke(
        pools,
        deployment,
        credential,
        {
          source: { bytes, members: findMembers(bytes), body: request, request },
          door: chatDoor,
          stream: false,
          strict: false,
          fallbackId: 'fallback',
          created: 1,
          signal: new AbortController().signal,
          estimateUsage: () => ESTIMATE,
          ...invocation,
        },
        { ...LIMITS, ...limits },
      );
    },
  };
}

export type Client = ReturnType<typeof openClient>;

export function streamOf(answer: Answer): LiveStream {
  if (answer.kind !== 'stream') throw new Error('the answer is no stream');
  return answer.stream;
}

/** What reached the client of a stream, and how it ended. */
export type Delivered = { text: string; error?: unknown };

export const deliver = (stream: LiveStream): Promise<Delivered> =>
  new Promise((resolve) => {
    let text = '';
    stream.pipe({
      write: (bytes) => Boolean((text += bytes.toString())),
      end: () => resolve({ text }),
      fail: (error) => resolve({ text, error }),
    });
  });
