import { GatewayError } from '@parley/contracts';
import type { StoredKey } from '@parley/persistence';
import type { ModelEntry } from '../configuration/deployments.ts';
import type { AliasEntry, Snapshot } from '../configuration/snapshot.ts';

/** The deployments that a request may be put to, in the order in which they are to be tried. */
export type Plan = readonly [ModelEntry, ...ModelEntry[]];

const MAX_SHOWN = 10;

/**
 * From a model id or alias to deployments, from the snapshot alone. Throws `model_not_found`, `model_unavailable` or
 * `model_not_allowed`, saying what there is.
 */
export function planRoute(
  snapshot: Snapshot,
  key: Pick<StoredKey, 'models'>,
  model: string,
  random: () => number,
): Plan {
  const alias = snapshot.models.has(model) ? undefined : snapshot.aliases.get(model);
  const entries = alias ? orderTargets(alias, random) : findModel(snapshot, model);
  const allowed = entries.filter((entry) => isAllowed(key, entry, model));
  if (entries.length > 0 && allowed.length === 0)
    throw new GatewayError('model_not_allowed', { param: 'model', values: { model } });
  const [first, ...others] = allowed.filter((entry) => entry.isAvailable);
  if (first) return [first, ...others];
  const known = entries.length > 0 || alias !== undefined;
  const available = listAvailable(snapshot, key);
  throw new GatewayError(known ? 'model_unavailable' : 'model_not_found', {
    param: 'model',
    values: { model, ...(available !== '' && { available }), ...sayMissing(entries) },
  });
}

/** The day since when a provider does not list the model that was asked for. */
function sayMissing([entry, ...others]: readonly ModelEntry[]): { missing_since?: string } {
  const missingSince = others.length === 0 ? entry?.stored?.missingSince : undefined;
  return missingSince ? { missing_since: missingSince.toISOString().slice(0, 10) } : {};
}

/** The model of an id in any of its spellings; several when a bare name is ambiguous and therefore none is meant. */
export function findModel(snapshot: Snapshot, id: string): ModelEntry[] {
  const entry = snapshot.models.get(id) ?? snapshot.extIds.get(id);
  if (entry) return [entry];
  const bare = snapshot.bareIds.get(id) ?? [];
  const usable = bare.filter((candidate) => candidate.isAvailable);
  if (usable.length === 1) return usable;
  if (bare.length > 1 && usable.length > 1) throw ambiguous(id, usable);
  if (bare.length > 0) return [...bare];
  const passed = snapshot.passthrough.find(id);
  return passed ? [passed] : [];
}

function ambiguous(id: string, entries: readonly ModelEntry[]): GatewayError {
  const ids = entries.map((entry) => entry.deployment.id).join(', ');
  return new GatewayError('invalid_request', {
    param: 'model',
    values: { param: 'model', problem: `"${id}" is offered by several connections; name one of: ${ids}` },
  });
}

/** Patterns may name the model itself or the alias through which it is asked for. */
export function isAllowed(key: Pick<StoredKey, 'models'>, entry: ModelEntry, asked: string): boolean {
  if (!key.models) return true;
  return key.models.some((pattern) => matches(pattern, entry.deployment.id) || matches(pattern, asked));
}

function matches(pattern: string, id: string): boolean {
  if (!pattern.includes('*')) return pattern === id;
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (!id.startsWith(first) || !id.endsWith(last) || id.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = id.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= id.length - last.length;
}

function listAvailable(snapshot: Snapshot, key: Pick<StoredKey, 'models'>): string {
  const ids = [...snapshot.models.values()]
    .filter((entry) => entry.isAvailable && isAllowed(key, entry, entry.deployment.id))
    .map((entry) => entry.deployment.id);
  return ids.length > MAX_SHOWN ? `${ids.slice(0, MAX_SHOWN).join(', ')}, …` : ids.join(', ');
}

/** `priority`: as given. `weighted`: drawn by weight without putting back, so that the others remain as fallbacks. */
function orderTargets(alias: AliasEntry, random: () => number): ModelEntry[] {
  if (alias.strategy === 'priority') return alias.targets.map((target) => target.entry);
  const rest = [...alias.targets];
  const ordered: ModelEntry[] = [];
  while (rest.length > 0) {
    let draw = random() * rest.reduce((sum, { weight }) => sum + weight, 0);
    const at = rest.findIndex(({ weight }) => (draw -= weight) < 0);
    ordered.push(...rest.splice(at < 0 ? rest.length - 1 : at, 1).map((target) => target.entry));
  }
  return ordered;
}
