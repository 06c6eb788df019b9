import { GatewayError } from '@parley/contracts';
import { scrubSecrets, UpstreamFailureError } from '@parley/dialects';
import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { hideSecretIn } from '../hide-secret.ts';
import { AddressNotAllowedError, isPrivateHost, lookupPublic } from '../http/address-guard.ts';
import { guardedConnector, type UpstreamPools } from '../http/pools.ts';
import type { ListedModel } from '../provider.ts';
import { listModels, type ConnectionTarget } from './list-models.ts';

/** One thing that must work for a connection to work. */
export type ProbeStep = {
  step: 'dns' | 'tls' | 'auth' | 'models' | 'call';
  ok: boolean;
  durationMs: number;
  /** A short English phrase for administrators: what was found, or what is wrong. Holds no secret. */
  detail: string | null;
};

const MAX_SHOWN = 4;

/** Makes one tiny call on one of the models and tells on which. */
export type TinyCall = (models: readonly ListedModel[]) => Promise<string>;

/**
 * Tries a connection from the bottom up, as calls would use it: name, socket, credential, model list, one call. Stops at
 * the first step without which the next ones make no sense. Never rejects. The first credential is the one that is tried.
 * A vendor without a model list has no steps `auth` and `models`.
 */
export async function probeConnection(
  pools: UpstreamPools,
  target: ConnectionTarget,
  call: TinyCall,
  signal: AbortSignal,
): Promise<ProbeStep[]> {
  const url = new URL(target.baseUrl);
  const measure = measureFor(target);
  const steps: ProbeStep[] = [];
  steps.push(await measure('dns', () => resolveHost(url, target.allowPrivateNetwork)));
  if (!steps.at(-1)!.ok) return steps;
  steps.push(await measure('tls', () => openSocket(url, target.allowPrivateNetwork)));
  if (!steps.at(-1)!.ok) return steps;

  // Where a vendor has no list, only the call tells whether the credential is good.
  const models = target.provider.modelList === null ? [] : await probeList(pools, target, signal, measure, steps);
  if (models) steps.push(await measure('call', () => call(models)));
  return steps;
}

/** One request answers two questions: its status whether the credential is good, its body which models there are. */
async function probeList(
  pools: UpstreamPools,
  target: ConnectionTarget,
  signal: AbortSignal,
  measure: Measure,
  steps: ProbeStep[],
): Promise<ListedModel[] | undefined> {
  let models: ListedModel[] = [];
  const { promise: answered, resolve: noteStatus } = Promise.withResolvers<number | undefined>();
  const listing = listModels(pools, target, signal, noteStatus);
  listing.then(
    () => {},
    () => noteStatus(undefined),
  );
  const auth = await measure('auth', async () => {
    const status = await answered;
    // Gemini tells a bad key by a 400, so the body has to be read before a refusal can be told from a fault.
    if (status !== 200) await listing.catch((error: unknown) => refuseCredential(error, status));
    return null;
  });
  steps.push(auth);
  if (!auth.ok) return undefined;
  steps.push(
    await measure('models', async () => {
      models = await listing;
      return `${models.length} models`;
    }),
  );
  return models;
}

/** Fails where nothing answered or the credential was refused; any other answer leaves the credential unblamed. */
function refuseCredential(error: unknown, status: number | undefined): void {
  const refused = error instanceof UpstreamFailureError && error.failure.code === 'provider_auth_failed';
  if (refused || status === undefined) throw error;
}

type Measure = (step: ProbeStep['step'], work: () => Promise<string | null>) => Promise<ProbeStep>;

function measureFor({ credential }: ConnectionTarget): Measure {
  return async (step, work) => {
    const startedAtMs = performance.now();
    const finish = (ok: boolean, detail: string | null): ProbeStep => {
      return { step, ok, durationMs: performance.now() - startedAtMs, detail };
    };
    try {
      return finish(true, await work());
    } catch (error) {
      const words = scrubSecrets(describeProblem(error));
      return finish(false, credential ? hideSecretIn(words, credential.secret) : words);
    }
  };
}

function resolveHost({ hostname }: URL, allowPrivateNetwork: boolean): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivateNetwork && isPrivateHost(host)) return Promise.reject(new AddressNotAllowedError(host));
  if (isIP(host)) return Promise.resolve('the address is spelt out');
  const resolveName = allowPrivateNetwork ? lookup : lookupPublic;
  return new Promise((resolve, reject) => {
    resolveName(host, { all: true }, (error: Error | null, addresses: string | LookupAddress[]) => {
      if (error) reject(error);
      else resolve([addresses].flat().map(addressOf).slice(0, MAX_SHOWN).join(', '));
    });
  });
}

const addressOf = (found: string | LookupAddress): string => (typeof found === 'string' ? found : found.address);

/** Opens a socket as the pools do, and closes it again. */
async function openSocket(url: URL, allowPrivateNetwork: boolean): Promise<string> {
  const { hostname, host, protocol } = url;
  const port = url.port || (protocol === 'https:' ? '443' : '80');
  const socket = await new Promise<Socket>((resolve, reject) => {
    guardedConnector(allowPrivateNetwork)({ hostname, host, protocol, port }, (...[error, opened]) => {
      if (error) reject(error);
      else resolve(opened);
    });
  });
  const version = socket instanceof TLSSocket ? socket.getProtocol() : null;
  socket.destroy();
  return version ?? 'connected without TLS';
}

function describeProblem(error: unknown): string {
  if (error instanceof UpstreamFailureError) {
    const { code, upstream } = error.failure;
    const status = upstream.status === null ? '' : ` (HTTP ${upstream.status})`;
    return `${code}${status}${upstream.message === null ? '' : `: ${upstream.message}`}`;
  }
  if (error instanceof AddressNotAllowedError) return `address_not_allowed: ${error.message}`;
  if (error instanceof GatewayError) return error.code;
  // Such as ENOTFOUND, ECONNREFUSED, CERT_HAS_EXPIRED.
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message);
}
