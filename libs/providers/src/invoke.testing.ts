import { chatDoor, findMembers, type UpstreamFailureError } from '@parley/dialects';
import type { ChatCompletion, ChatRequest, ChatUsage } from '@parley/contracts';
import type { Answer, AnswerStream, PaidCall } from './answer.ts';
import type { Deployment } from './deployment.ts';
import { invokeForChoices, type ChoicesInvocation } from './fan-out.ts';
import { UpstreamPools } from './http/pools.ts';
import { invoke, type Invocation, type SilenceLimits } from './invoke.ts';
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

/** A compatible server whose calls give one choice. */
export function oneChoiceAt(url: string): Deployment {
  const deployment = deploymentAt(url);
  return { ...deployment, target: { ...deployment.target, quirks: { oneChoice: true } } };
}

type Options = { fields?: object; limits?: Partial<SilenceLimits> } & Partial<Invocation>;

function invocationOf({ fields, limits: _limits, ...invocation }: Options): Invocation {
  const request: ChatRequest = {
    model: 'here/model',
    messages: [{ role: 'user', content: 'hi' }],
    ...(invocation.stream && { stream: true }),
    ...fields,
  };
  const bytes = Buffer.from(JSON.stringify(request));
  return {
    source: { bytes, members: findMembers(bytes), body: request, request },
    door: chatDoor,
    stream: false,
    strict: false,
    fallbackId: 'fallback',
    created: 1,
    signal: new AbortController().signal,
    estimateUsage: () => ESTIMATE,
    ...invocation,
  };
}

/** What a call remembers over its attempts when it asks for several choices. */
export const openMemory = () => {
  const paid: PaidCall[] = [];
  const finished: ChoicesInvocation['finished'] = new Map();
  return { paid, finished, pay: (call: PaidCall) => void paid.push(call), estimateWhole: () => ESTIMATE };
};

/** Asks deployments over real sockets, with pools that `close` ends. */
export function openClient() {
  const pools = new UpstreamPools();
  return {
    pools,
    close: () => pools.close(),
    async ask(deployment: Deployment, options: Options = {}): Promise<Answer> {
      const [credential] = deployment.credentials;
      return invoke(pools, deployment, credential, invocationOf(options), { ...LIMITS, ...options.limits });
    },
    async askForChoices(deployment: Deployment, options: Options, memory = openMemory()): Promise<Answer> {
      const [credential] = deployment.credentials;
      const invocation = { ...invocationOf(options), ...memory };
      return invokeForChoices(pools, deployment, credential, invocation, { ...LIMITS, ...options.limits });
    },
  };
}

export type Client = ReturnType<typeof openClient>;

/** Why a provider did not answer. */
export const rejection = (asked: Promise<Answer>): Promise<UpstreamFailureError> =>
  asked.then(
    () => Promise.reject(new Error('it was answered')),
    (error: unknown) => error as UpstreamFailureError,
  );

export function wholeOf(answer: Answer): ChatCompletion {
  if (answer.kind !== 'whole') throw new Error('the answer is no whole one');
  return answer.completion();
}

export function streamOf(answer: Answer): AnswerStream {
  if (answer.kind !== 'stream') throw new Error('the answer is no stream');
  return answer.stream;
}

/** What reached the client of a stream, and how it ended. */
export type Delivered = { text: string; error?: unknown };

export const deliver = (stream: AnswerStream): Promise<Delivered> =>
  new Promise((resolve) => {
    let text = '';
    stream.pipe({
      write: (bytes) => Boolean((text += bytes.toString())),
      end: () => resolve({ text }),
      fail: (error) => resolve({ text, error }),
    });
  });

/** A right answer of OpenAI's format but for usage, which it does not tell. */
export const UNCOUNTED = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 7,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
};
