import type { ConnectionOptions, DialectId } from '@parley/contracts';
import type { Dialect, Target } from '@parley/dialects';
import type { Provider } from './provider.ts';

/** A provider's key: `secret` is in the clear, so a credential is never logged or shown whole. */
export type Credential = { id: string; secret: string };

/** A model at a connection: everything that one upstream call needs, prepared once when the configuration is read. */
export type Deployment = {
  /** The model's public id, such as `openai/gpt-4o`. */
  id: string;
  connection: string;
  provider: Provider;
  dialect: Dialect;
  target: Target;
  baseUrl: string;
  options: ConnectionOptions;
  allowPrivateNetwork: boolean;
  /** Empty where the provider needs none. */
  credentials: readonly Credential[];
  /** The same model in the other dialects that it is spoken to in, for clients who speak them. */
  inOtherDialects?: readonly Deployment[];
};

/** The form of a deployment that relays what a client says; the deployment itself where there is none. */
export function deploymentFor(deployment: Deployment, dialect: DialectId): Deployment {
  if (deployment.dialect.id === dialect) return deployment;
  return deployment.inOtherDialects?.find((other) => other.dialect.id === dialect) ?? deployment;
}
