import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { parse } from 'yaml';
import { METRIC_CATALOGUE } from '../../libs/inference/src/telemetry/metrics-catalogue.ts';
import { METRIC_NAMES } from '../../libs/inference/src/telemetry/metrics.ts';
import { buildDashboard, renderDashboard } from '../../observability/dashboard.mjs';
import { renderRule } from '../../observability/kubernetes-rule.mjs';
import { isInstalled, run } from './program.ts';

type Panel = { id: number; type: string; title: string; targets?: { expr: string }[] };
type Rule = { record?: string; alert?: string; expr: string };

/** Metrics that neither a panel nor a rule shows, each with its reason. There is none so far. */
const SHOWN_NOWHERE: Record<string, string> = {};

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { panels } = buildDashboard() as { panels: Panel[] };
const { groups } = parse(read('observability/rules.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const boardQueries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const queries = [...boardQueries, ...rules.map(({ expr }) => expr)];

describe('the overview board', () => {
  it('is what its generator writes', async () => {
    expect(read('observability/grafana/dashboards/parley-overview.json')).toBe(await renderDashboard());
  });

  it('gives every panel an id of its own and every panel but a row a query', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, type, targets = [] } of panels) {
      expect({ title, queries: targets.length > 0 }).toEqual({ title, queries: type !== 'row' });
    }
  });
});

describe('queries of the board and the rules', () => {
  it('name only metrics that exist', async () => {
    const known = new Set([...(await exportedNames()), ...rules.map(({ record }) => record), 'up']);
    for (const query of queries) {
      for (const name of metricNamesIn(query)) expect(known).toContain(name);
    }
  });

  it('filter and group by labels that their metric has', () => {
    for (const { name, labels } of Object.values(METRIC_CATALOGUE)) {
      const known = [...labels, 'le', 'job', 'instance'];
      for (const label of labelsUsedWith(name))
        expect({ name, known }).toMatchObject({ known: expect.arrayContaining([label]) });
    }
  });

  it('show every metric somewhere, or say why not', () => {
    const shown = new Set(queries.flatMap(metricNamesIn).map(withoutSuffix));
    const missing = METRIC_NAMES.filter((name) => !shown.has(withoutSuffix(name)));
    expect(missing).toEqual(Object.keys(SHOWN_NOWHERE));
  });
});

describe('the rules', () => {
  it('are the same in Kubernetes', async () => {
    expect(read('k8s/components/monitoring/prometheus-rule.yaml')).toBe(await renderRule());
  });

  it('have a test for every alert', () => {
    const tested = new Set(
      [...read('observability/rules_test.yml').matchAll(/alertname: (\w+)/g)].map(([, name]) => name),
    );
    for (const { alert } of rules) if (alert) expect(tested).toContain(alert);
  });

  const hasPromtool = isInstalled('promtool');
  (hasPromtool ? it : it.skip)(`pass their tests${hasPromtool ? '' : ' (SKIPPED: no promtool to run them)'}`, () => {
    const folder = new URL('../../observability', import.meta.url).pathname;
    expect(run('promtool', ['test', 'rules', `${folder}/rules_test.yml`])).toContain('SUCCESS');
    expect(run('promtool', ['check', 'config', `${folder}/prometheus.yml`])).toContain('SUCCESS');
  });
});

/** The names in a query: identifiers of ours, of Node's defaults and of recording rules. */
function metricNamesIn(query: string): string[] {
  const withoutStrings = query.replaceAll(/"[^"]*"/g, '""');
  return (
    withoutStrings.match(
      /\b(?:[a-z_]+:)?(?:parley|nodejs|process)_[a-z0-9_]+(?::\w+)*|\bparley:\w+(?::\w+)*|\bup\b/g,
    ) ?? []
  );
}

/** The labels in the selectors of a metric and in the "by" right before it. */
function labelsUsedWith(name: string): string[] {
  const text = queries.join('\n');
  const selectors = text.matchAll(new RegExp(`\\b${name}(?:_bucket|_count|_sum)?\\{([^}]*)\\}`, 'g'));
  const filtered = [...selectors].flatMap(([, selector = '']) =>
    [...selector.matchAll(/(\w+)\s*=/g)].map(([, label = '']) => label),
  );
  const groupings = text.matchAll(
    new RegExp(`by \\(([^)]*)\\) \\((?:rate\\(|increase\\()?${name}(?:_bucket|_count|_sum)?[[{)]`, 'g'),
  );
  return [...filtered, ...[...groupings].flatMap(([, grouping = '']) => grouping.split(', '))];
}

const withoutSuffix = (name: string): string => name.replace(/_(bucket|count|sum)$/, '');

/** Every name that a scrape shows, the parts of histograms included. */
async function exportedNames(): Promise<string[]> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const defaults = registry.getMetricsAsArray().map(({ name }) => name);
  registry.clear();
  const ours = Object.values(METRIC_CATALOGUE).flatMap(({ kind, name }) =>
    kind === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  );
  return [...defaults, ...ours];
}
