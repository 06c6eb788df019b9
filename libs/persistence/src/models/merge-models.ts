import { isDeepStrictEqual } from 'node:util';
import { FIELD_COLUMNS, type ModelFields } from './model-fields.ts';
import type { ModelEntity, ModelSource } from './model.entity.ts';

/** What one source says about a model; null, or nothing in it: it does not say. */
export type ModelWords = Pick<
  ModelFields,
  'displayName' | 'contextLength' | 'maxOutputTokens' | 'pricing' | 'capabilities'
>;

/** What was found out about the models of one connection. */
export type ModelFindings = {
  connection: string;
  /** What the provider's list says, by upstream name; null: it has no list. */
  listed: ReadonlyMap<string, ModelWords> | null;
  /** What the catalog says of any name. */
  catalog: (upstreamModel: string) => ModelWords;
  /** The names that belong into the table. */
  wanted: readonly string[];
};

export type FieldChange = { modelId: string; field: string; from: unknown; to: unknown };

/** What a sync did to the models of one connection, or would do. */
export type SyncReport = {
  connection: string;
  /** Ids of new models. */
  added: string[];
  changed: FieldChange[];
  /** Ids of models that the provider's list had once and has no more. */
  missing: string[];
  /** How many other models of the connection stay as they are. */
  unchanged: number;
};

/** A row as it is written first. */
export type NewRow = Omit<ModelEntity, 'createdAt' | 'updatedAt' | 'priceVersion'>;
/** The columns of a row that differ from what is stored. */
export type RowUpdate = { modelId: string; set: Partial<ModelEntity> };
export type Merge = { report: SyncReport; added: NewRow[]; updates: RowUpdate[] };

/** What was found out about one model. `listed` undefined: the provider's list does not have it. */
type Facts = { listed: ModelWords | undefined; catalog: ModelWords; isGone: boolean; now: Date };

/**
 * What the findings make of a connection's rows. An administrator's word stands before the provider's, and that before
 * the catalog's. What nobody says any more stays as it was said last. Pure.
 */
export function mergeModels(rows: readonly ModelEntity[], findings: ModelFindings, provider: string, now: Date): Merge {
  const factsOf = (upstreamModel: string, isGone: boolean): Facts => {
    return { listed: findings.listed?.get(upstreamModel), catalog: findings.catalog(upstreamModel), isGone, now };
  };
  const known = new Set(rows.map(({ upstreamModel }) => upstreamModel));
  const added = findings.wanted
    .filter((upstreamModel) => !known.has(upstreamModel))
    .map((upstreamModel) => {
      const facts = factsOf(upstreamModel, false);
      return mergeRow(blankRow(findings.connection, provider, upstreamModel, facts.listed !== undefined), facts);
    });
  const updates: RowUpdate[] = [];
  const report: SyncReport = {
    connection: findings.connection,
    added: added.map(({ modelId }) => modelId),
    changed: [],
    missing: [],
    unchanged: 0,
  };
  for (const row of rows) {
    const merged = mergeRow(row, factsOf(row.upstreamModel, isGone(row, findings)));
    const set = differences(row, merged);
    const changes = describeChanges(row, set);
    if (Object.keys(set).length > 0) updates.push({ modelId: row.modelId, set });
    report.changed.push(...changes);
    if (merged.missingSince) report.missing.push(row.modelId);
    else if (changes.length === 0) report.unchanged += 1;
  }
  return { report, added, updates };
}

/**
 * Only what was listed once can go: vendors answer to names that they never list, such as aliases of dated models. An
 * empty list is more likely a fault than the end of all models.
 */
function isGone({ upstreamModel, firstListedAt }: ModelEntity, { listed }: ModelFindings): boolean {
  return firstListedAt !== null && listed !== null && listed.size > 0 && !listed.has(upstreamModel);
}

function blankRow(connection: string, provider: string, upstreamModel: string, isListed: boolean): NewRow {
  return {
    modelId: `${connection}/${upstreamModel}`,
    connection,
    provider,
    upstreamModel,
    dialect: null,
    displayName: null,
    contextLength: null,
    maxOutputTokens: null,
    pricing: null,
    capabilities: {},
    isAvailable: true,
    firstListedAt: null,
    missingSince: null,
    source: isListed ? 'provider' : 'catalog',
    fieldSources: {},
  };
}

const SPOKEN_OF = ['displayName', 'contextLength', 'maxOutputTokens', 'pricing', 'capabilities'] as const;

function mergeRow<Row extends NewRow>(row: Row, { listed, catalog, isGone: gone, now }: Facts): Row {
  const merged = { ...row, fieldSources: { ...row.fieldSources } };
  const set = (field: keyof ModelFields, value: unknown, source: ModelSource): void => {
    if (row.fieldSources[FIELD_COLUMNS[field]] === 'admin') return;
    Object.assign(merged, { [field]: value });
    merged.fieldSources[FIELD_COLUMNS[field]] = source;
  };
  for (const field of SPOKEN_OF) {
    const [word, fallback] = [readWord(listed?.[field]), readWord(catalog[field])];
    if (word !== undefined) set(field, word, 'provider');
    else if (fallback !== undefined) set(field, fallback, 'catalog');
  }
  if (listed || gone) set('isAvailable', !gone, 'provider');
  if (listed) Object.assign(merged, { firstListedAt: row.firstListedAt ?? now, missingSince: null });
  if (gone) merged.missingSince = row.missingSince ?? now;
  return merged;
}

/** As the table would give it back, which knows no undefined members; undefined: nothing is said. */
function readWord(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value ?? undefined;
  const stored = JSON.parse(JSON.stringify(value)) as object;
  return Object.keys(stored).length > 0 ? stored : undefined;
}

function differences(row: ModelEntity, merged: ModelEntity): Partial<ModelEntity> {
  const changed = Object.entries(merged).filter(
    ([column, value]) => !isDeepStrictEqual(value, row[column as keyof ModelEntity]),
  );
  return Object.fromEntries(changed);
}

function describeChanges(row: ModelEntity, set: Partial<ModelEntity>): FieldChange[] {
  const fields = [...SPOKEN_OF, 'isAvailable'] as const;
  return fields
    .filter((field) => field in set)
    .map((field) => ({ modelId: row.modelId, field: FIELD_COLUMNS[field], from: row[field], to: set[field] }));
}
