import { findProvider } from '@parley/providers';
import type { Runtime } from '@parley/inference';

/** `failing`: configured and switched on, but its circuit is not closed. */
export type ConnectionStatus = 'active' | 'disabled' | 'not_configured' | 'failing';

/** `reason`: why it is not active, in a short English phrase; null where it is. */
export type StatusReport = { status: ConnectionStatus; reason: string | null };

/** Where a connection stands, as far as this process knows. */
export function statusOf(runtime: Runtime, name: string): StatusReport {
  const entry = runtime.configuration.current.connections.get(name);
  if (!entry) return { status: 'not_configured', reason: 'the connection has not been read yet' };
  const { stored } = entry;
  const provider = findProvider(stored.provider);
  if (!stored.enabled) return { status: 'disabled', reason: 'switched off' };
  if (!provider) return notConfigured(`this version does not know the provider "${stored.provider}"`);
  if (stored.problem !== null) return notConfigured(stored.problem);
  if (provider.needsCredential && stored.credentials.length === 0) return notConfigured('it has no credential');
  if (stored.baseUrl === null && provider.baseUrl === null) return notConfigured('it has no base_url');
  const circuit = runtime.circuits.worst(({ connection }) => connection === name);
  if (circuit === 'open') return { status: 'failing', reason: 'calls have been failing; a circuit is open' };
  if (circuit === 'half-open') return { status: 'failing', reason: 'calls have been failing; a circuit is half-open' };
  return { status: 'active', reason: null };
}

const notConfigured = (reason: string): StatusReport => ({ status: 'not_configured', reason });
