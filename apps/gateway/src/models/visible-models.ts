import { GatewayError, type Environment } from '@parley/contracts';
import { findModel, isAllowed, type ModelEntry, type Runtime } from '@parley/inference';
import type { Caller } from '../admission/caller.ts';

/** A model under one of the ids that it may be asked for. */
export type NamedModel = { id: string; entry: ModelEntry };

/** The models that a caller may use, in every spelling that the operator wants shown. */
export function listVisibleModels({ configuration, environment }: Runtime, caller: Caller): NamedModel[] {
  const entries = [...configuration.current.models.values()];
  return entries
    .filter((entry) => isAllowed(caller, entry, entry.deployment.id))
    .flatMap((entry) => spellings(entry, environment.MODEL_ID_STYLE).map((id) => ({ id, entry })));
}

function spellings(
  { deployment: { id, connection, target } }: ModelEntry,
  style: Environment['MODEL_ID_STYLE'],
): string[] {
  const ext = `ext-${connection}-${target.upstreamModel}`;
  return style === 'both' ? [id, ext] : [style === 'ext' ? ext : id];
}

/** The model of an id or an alias. Throws `model_not_found`, also for one that the caller may not use. */
export function findVisibleModel({ configuration }: Runtime, caller: Caller, id: string): ModelEntry {
  const snapshot = configuration.current;
  const entry = snapshot.aliases.get(id)?.targets[0]?.entry ?? findModel(snapshot, id).find((found) => found.stored);
  if (!entry || !isAllowed(caller, entry, id)) {
    throw new GatewayError('model_not_found', { param: 'model', values: { model: id } });
  }
  return entry;
}
