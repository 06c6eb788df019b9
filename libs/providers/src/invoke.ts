import { isUtf8 } from 'node:buffer';
import { GatewayError } from '@parley/contracts';
import {
  badAnswer,
  TranslatedStream,
  UpstreamFailureError,
  type AnswerContext,
  type Door,
  type HeaderMap,
  type Loss,
  type SourceRequest,
  type StreamTransform,
} from '@parley/dialects';
import type { Answer, EstimateUsage } from './answer.ts';
import { streamOfBody } from './body-as-stream.ts';
import type { Credential, Deployment } from './deployment.ts';
import { endpointOf, type Endpoint } from './endpoint.ts';
import { hideSecret } from './hide-secret.ts';
import { Exchange, type ExchangeListener } from './http/exchange.ts';
import type { UpstreamPools } from './http/pools.ts';
import { transportFailure } from './http/transport-failure.ts';
import { LiveStream, readJsonOrText } from './live-stream.ts';
import { send, type Call } from './send.ts';

/** One call as the caller made it, the same for every attempt. */
export type Invocation = {
  source: SourceRequest;
  door: Door;
  stream: boolean;
  /** Refuse instead of dropping what the target cannot do. */
  strict: boolean;
  /** For answers that have no id or time of their own. */
  fallbackId: string;
  created: number;
  signal: AbortSignal;
  estimateUsage: EstimateUsage;
};

/** How long a provider may stay silent, in milliseconds. */
export type SilenceLimits = { beforeHeadMs: number; withinBodyMs: number };

const WHOLE_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Asks one deployment once: the only place where a dialect meets HTTP. Resolves when the answer is whole, or when a
 * stream's answer has begun. Rejects with `UpstreamFailureError` when the provider failed, with `GatewayError` when the
 * request cannot be put to it, with the signal's reason when the caller gave up.
 */
export function invoke(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  invocation: Invocation,
  limits: SilenceLimits,
): Promise<Answer> {
  const relayed = invocation.door.dialect === deployment.dialect.id;
  const { body, losses } = encodeBody(deployment, invocation, relayed);
  const endpoint = endpointFor(deployment, credential);
  const pool = pools.poolFor(endpoint.origin, credential?.id ?? deployment.connection, deployment.allowPrivateNetwork);
  const context: AnswerContext = {
    target: deployment.target,
    fallbackId: invocation.fallbackId,
    created: invocation.created,
  };
  const hide = (error: unknown): unknown => hideSecret(error, credential?.secret);
  return new Promise((resolve, rejectWith) => {
    const reject = (error: unknown): void => rejectWith(hide(error) as Error);
    const exchange = invocation.stream
      ? openLiveStream(
          deployment,
          invocation,
          context,
          relayed,
          (stream) => resolve({ kind: 'stream', stream, losses }),
          reject,
          hide,
        )
      : new Exchange(wholeReader(deployment, invocation, context, relayed, losses, resolve, reject), invocation.signal);
    const call: Call = {
      origin: endpoint.origin,
      path: invocation.stream ? endpoint.streamPath : endpoint.wholePath,
      method: 'POST',
      headers: endpoint.headers,
      body,
      headersTimeout: limits.beforeHeadMs,
      bodyTimeout: limits.withinBodyMs,
    };
    send(pool, call, endpoint.authorize, exchange, invocation.signal);
  });
}

function encodeBody(
  { dialect, target }: Deployment,
  { source, door, strict }: Invocation,
  relayed: boolean,
): { body: Buffer | string; losses: Loss[] } {
  if (relayed) {
    const { bytes, losses } = door.relay.editRequest(source, target);
    assertBearable(losses, strict, target);
    return { body: bytes, losses };
  }
  const { body, losses } = dialect.encodeRequest(source.request, target);
  assertBearable(losses, strict, target);
  return { body: JSON.stringify(body), losses };
}

/** Throws where a loss is not to be borne: what cannot be left out, and everything for a caller who asked for that. */
function assertBearable(losses: readonly Loss[], strict: boolean, { provider }: Deployment['target']): void {
  const refused = losses.find((loss) => strict || loss.action === 'refused');
  if (!refused) return;
  const { param, reason } = refused;
  throw new GatewayError('unsupported_parameter', { param, provider, values: { param, provider, reason } });
}

const endpoints = new WeakMap<Deployment, Map<string, Endpoint>>();

/** Addresses and headers are the same for every call of a deployment with one credential. */
function endpointFor(deployment: Deployment, credential: Credential | undefined): Endpoint {
  let known = endpoints.get(deployment);
  if (!known) endpoints.set(deployment, (known = new Map<string, Endpoint>()));
  const key = credential?.id ?? '';
  let endpoint = known.get(key);
  if (!endpoint) {
    const { dialect, target, provider } = deployment;
    endpoint = endpointOf(provider, dialect.id, deployment, target.upstreamModel, credential);
    known.set(key, endpoint);
  }
  return endpoint;
}

function openLiveStream(
  { dialect }: Deployment,
  { door, source, signal, estimateUsage }: Invocation,
  context: AnswerContext,
  relayed: boolean,
  begun: (stream: LiveStream) => void,
  failed: (error: unknown) => void,
  hide: (error: unknown) => unknown,
): Exchange {
  const includeUsage = source.request.stream_options?.include_usage === true;
  const transform: StreamTransform = relayed
    ? door.relay.openStream(context, { includeUsage })
    : new TranslatedStream(
        dialect.openStreamDecoder(context),
        door.openStreamEncoder(),
        includeUsage,
        dialect.openEventReader?.(),
      );
  const readBody = (status: number, headers: HeaderMap, bytes: Buffer): StreamTransform => {
    const body = acceptBody(status, headers, bytes, dialect.decodeFailure);
    return streamOfBody(body, dialect, door, context, includeUsage);
  };
  return new LiveStream(transform, estimateUsage, readBody, signal, { begun, failed }, hide).exchange;
}

function wholeReader(
  { dialect }: Deployment,
  { door, signal }: Invocation,
  context: AnswerContext,
  relayed: boolean,
  losses: Loss[],
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): ExchangeListener {
  let head: { status: number; headers: HeaderMap };
  return {
    onHead(status, headers) {
      head = { status, headers };
      return { collectUpTo: WHOLE_BODY_BYTES };
    },
    onData() {},
    onEnd() {},
    onBody(bytes) {
      try {
        const body = acceptBody(head.status, head.headers, bytes, dialect.decodeFailure);
        if (!relayed) {
          return resolve({ kind: 'whole', completion: dialect.decodeResponse(body, context), bytes: null, losses });
        }
        const { completion, faithful } = door.relay.readResponse(body, context);
        resolve({ kind: 'whole', completion, bytes: faithful ? bytes : null, losses });
      } catch (error) {
        reject(error as Error);
      }
    },
    onError: (error) => reject(transportFailure(error, signal) as Error),
  };
}

/** The JSON of a good answer; throws for everything else. */
function acceptBody(
  status: number,
  headers: HeaderMap,
  bytes: Buffer,
  decodeFailure: Deployment['dialect']['decodeFailure'],
): unknown {
  if (status !== 200) throw new UpstreamFailureError(decodeFailure(status, headers, readJsonOrText(bytes)));
  // Compression was not asked for, and a small compressed body can hold gigabytes.
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw badAnswer('the answer is compressed');
  }
  if (!isUtf8(bytes)) throw badAnswer('the answer is no UTF-8');
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    throw badAnswer('the answer is no JSON');
  }
}
