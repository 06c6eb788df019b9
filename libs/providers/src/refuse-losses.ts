import { GatewayError } from '@parley/contracts';
import type { Loss, Target } from '@parley/dialects';

/** Throws `unsupported_parameter` for what must not be lost: what cannot be left out, and for a strict caller anything. */
export function refuseLosses(losses: readonly Loss[], strict: boolean, { provider }: Target): void {
  const refused = losses.find((loss) => strict || loss.action === 'refused');
  if (!refused) return;
  const { param, reason } = refused;
  throw new GatewayError('unsupported_parameter', { param, provider, values: { param, provider, reason } });
}
