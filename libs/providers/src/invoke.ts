import {
  stateOf,
  TranslatedStream,
  type AnswerContext,
  type AnswerTo,
  type Dialect,
  type Door,
  type HeaderMap,
  type Loss,
  type SourceRequest,
  type StreamTransform,
} from '@parley/dialects';
import type { Answer, EstimateUsage } from './answer.ts';
import { streamOfBody } from './body-as-stream.ts';
import type { Credential, Deployment } from './deployment.ts';
import { endpointFor } from './endpoint.ts';
import { hideSecret } from './hide-secret.ts';
import { namerOf, nameParam } from './client-params.ts';
import { Exchange, type ExchangeListener } from './http/exchange.ts';
import type { UpstreamPools } from './http/pools.ts';
import { LiveStream } from './live-stream.ts';
import { refuseLosses } from './refuse-losses.ts';
import { send, type Call } from './send.ts';
import { acceptBody, readWhole } from './whole-body.ts';

/** One call as the caller made it, the same for every attempt. */
export type Invocation = {
  source: SourceRequest;
  door: Door;
  stream: boolean;
  /** What was left out of the source for this target. Absent: nothing. */
  losses?: readonly Loss[];
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
  // Without the client's body, which a stream would keep.
  const paramOf = relayed ? undefined : namerOf(invocation.door);
  const tell = (error: unknown): unknown => nameParam(hideSecret(error, credential?.secret), paramOf);
  return new Promise((resolve, rejectWith) => {
    const reject = (error: unknown): void => rejectWith(tell(error) as Error);
    const exchange = invocation.stream
      ? openLiveStream(
          deployment,
          invocation,
          context,
          relayed,
          (stream) => resolve({ kind: 'stream', stream, losses }),
          reject,
          tell,
        )
      : new Exchange(wholeReader(deployment, invocation, context, relayed, losses, resolve, reject), invocation.signal);
    const call: Call = {
      origin: endpoint.origin,
      path: invocation.stream ? endpoint.streamPath : endpoint.wholePath,
      method: 'POST',
      headers: relayed ? { ...endpoint.headers, ...invocation.source.headers } : endpoint.headers,
      body,
      headersTimeout: limits.beforeHeadMs,
      bodyTimeout: limits.withinBodyMs,
    };
    send(pool, call, endpoint.authorize, exchange, invocation.signal);
  });
}

function encodeBody(
  { dialect, target }: Deployment,
  { source, door, strict, losses: before = [] }: Invocation,
  relayed: boolean,
): { body: Buffer | string; losses: Loss[] } {
  if (relayed) {
    const { bytes, losses: edited } = door.relay.editRequest(source, target);
    const losses = [...before, ...edited];
    refuseLosses(losses, strict, target);
    return { body: bytes, losses };
  }
  const inHub = [...before, ...(door.lossesInHub?.(source.body) ?? [])];
  // Also before encoding: what has no place in the hub is nothing that a dialect knows how to write.
  refuseLosses(inHub, strict, target);
  const encoded = dialect.encodeRequest(source.request, target);
  const paramOf = namerOf(door, source.body);
  const losses = [...inHub, ...encoded.losses.map((loss) => ({ ...loss, param: paramOf(loss.param) }))];
  refuseLosses(losses, strict, target);
  return { body: JSON.stringify(encoded.body), losses };
}

function openLiveStream(
  { dialect }: Deployment,
  { door, source, signal, estimateUsage }: Invocation,
  context: AnswerContext,
  relayed: boolean,
  begun: (stream: LiveStream) => void,
  failed: (error: unknown) => void,
  tell: (error: unknown) => unknown,
): Exchange {
  const includeUsage = source.request.stream_options?.include_usage === true;
  const answered: AnswerTo = { body: source.body, answerId: context.fallbackId, created: context.created };
  const transform: StreamTransform = relayed
    ? door.relay.openStream(context, { includeUsage, asked: source.body })
    : new TranslatedStream(
        dialect.openStreamDecoder(context),
        door.openStreamEncoder(answered),
        includeUsage,
        dialect.openEventReader?.(),
      );
  const readBody = (status: number, headers: HeaderMap, bytes: Buffer): StreamTransform => {
    const body = acceptBody(status, headers, bytes, failureReader(dialect, door, relayed));
    return streamOfBody(body, dialect, door.openStreamEncoder(answered), context, includeUsage);
  };
  return new LiveStream(transform, estimateUsage, readBody, signal, { begun, failed }, tell).exchange;
}

function wholeReader(
  { dialect }: Deployment,
  { door, source, signal }: Invocation,
  context: AnswerContext,
  relayed: boolean,
  losses: Loss[],
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): ExchangeListener {
  return readWhole(failureReader(dialect, door, relayed), signal, reject, ({ body, bytes }) => {
    if (!relayed) {
      const completion = dialect.decodeResponse(body, context);
      const { usage = null } = completion;
      const state = stateOf(completion);
      return resolve({ kind: 'whole', usage, completion: () => completion, bytes: null, losses, state });
    }
    const { usage, completion, faithful, edit, state } = door.relay.readResponse(body, context, source.body);
    const passed = faithful ? (edit?.(bytes) ?? bytes) : null;
    resolve({ kind: 'whole', usage, completion, bytes: passed, losses, state });
  });
}

/** A relay speaks to its client in the target's own names. */
const failureReader = (dialect: Dialect, door: Door, relayed: boolean): Dialect['decodeFailure'] =>
  (relayed && door.relay.decodeFailure) || dialect.decodeFailure;
