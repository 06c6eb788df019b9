import type { ConnectionOptions } from '@parley/contracts';
import type { Connection } from '@parley/persistence';
import type { ConnectionStatus } from './connection-health.ts';

/** A connection as the management API shows it: of its credentials only the last characters. */
export type ProviderObject = {
  name: string;
  provider: string;
  /** Null: the provider's own address. */
  base_url: string | null;
  credentials: { id: string; last4: string }[];
  enabled: boolean;
  allow_private_network: boolean;
  options: ConnectionOptions;
  status: ConnectionStatus;
  created_at: string;
  updated_at: string;
};

export function providerObject(connection: Connection, status: ConnectionStatus): ProviderObject {
  return {
    name: connection.name,
    provider: connection.provider,
    base_url: connection.baseUrl,
    credentials: connection.credentials,
    enabled: connection.enabled,
    allow_private_network: connection.allowPrivateNetwork,
    options: connection.options,
    status,
    created_at: connection.createdAt.toISOString(),
    updated_at: connection.updatedAt.toISOString(),
  };
}
