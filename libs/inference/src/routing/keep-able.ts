import { invalidRequest } from '@parley/contracts';
import { embeddingsFormatFor } from '@parley/providers';
import type { ModelEntry } from '../configuration/deployments.ts';
import type { Call } from '../engine/call.ts';
import type { Plan } from './plan.ts';

/** Leaves out the deployments that cannot do what is asked; throws `invalid_request` where none can. */
export function keepAble(plan: Plan, { kind, model }: Pick<Call, 'kind' | 'model'>): Plan {
  const [first, ...others] = plan.filter(kind === 'chat' ? canChat : canEmbed);
  if (first) return [first, ...others];
  const problem = kind === 'chat' ? 'makes embeddings and does not chat' : 'does not make embeddings';
  throw invalidRequest('model', `names "${model}", which ${problem}`);
}

/** What is not known is tried: the provider decides. */
const canChat = ({ deployment }: ModelEntry): boolean => deployment.target.capabilities.embeddings !== true;
const canEmbed = ({ deployment }: ModelEntry): boolean => embeddingsFormatFor(deployment) !== undefined;
