/**
 * Asks a running Prometheus for everything the board shows, and fails on what a viewer would find empty or broken:
 *   node observability/check-dashboard.mjs [Prometheus URL, default http://127.0.0.1:9090]
 * Exit code 0: every query has a finite value and every rule is healthy. 1: problems, each named. 2: no Prometheus.
 */
import { readFile } from 'node:fs/promises';

const prometheusUrl = process.argv[2] ?? 'http://127.0.0.1:9090';
/** @type {{ panels: { title: string, type: string, targets?: { expr: string }[] }[] }} */
const board = JSON.parse(await readFile(new URL('grafana/dashboards/parley-overview.json', import.meta.url), 'utf8'));
/** What Grafana would fill in; the board's own variables match everything. */
const VARIABLES = { $__rate_interval: '1m', $__range: '5m', $provider: '.*', $model: '.*' };

/**
 * What Prometheus answers. Trusted to have the shape of its API: https://prometheus.io/docs/prometheus/latest/querying/api/.
 * @typedef {{ name: string, health: string, lastError?: string }} Rule
 * @typedef {{ value: [number, string] }} Sample
 * @typedef {{ status: string, error?: string, data: { result: Sample[], groups: { rules: Rule[] }[] } }} Answer
 */

/** @type {(path: string) => Promise<Answer>} */
const ask = async (path) => {
  const response = await fetch(new URL(`/api/v1/${path}`, prometheusUrl));
  return /** @type {Answer} */ (await response.json());
};

/** @param {string} expression */
async function queryProblem(expression) {
  const filled = Object.entries(VARIABLES).reduce((text, [name, value]) => text.replaceAll(name, value), expression);
  if (filled.includes('$')) return `has an unknown variable: ${filled}`;
  const { status, error, data } = await ask(`query?query=${encodeURIComponent(filled)}`);
  if (status !== 'success') return `is refused (${error}): ${filled}`;
  const hasValue = data.result.some(({ value: [, value] }) => Number.isFinite(Number(value)));
  return hasValue ? undefined : `shows nothing: ${filled}`;
}

async function check() {
  const problems = [];
  const queries = board.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
  for (const { title, expr } of queries) {
    const problem = await queryProblem(expr);
    if (problem) problems.push(`Panel "${title}" ${problem}`);
  }
  const rules = (await ask('rules')).data.groups.flatMap((group) => group.rules);
  if (rules.length === 0) problems.push('No rules are loaded');
  for (const { name, health, lastError } of rules) {
    if (health !== 'ok') problems.push(`Rule ${name} is ${health}: ${lastError ?? 'not evaluated yet'}`);
  }
  for (const problem of problems) console.error(problem);
  const panels = board.panels.filter(({ type }) => type !== 'row').length;
  console.log(`${panels} panels, ${queries.length} queries, ${rules.length} rules: ${problems.length} problems`);
  return problems.length;
}

try {
  process.exitCode = (await check()) > 0 ? 1 : 0;
} catch (error) {
  const { message, cause } = /** @type {Error} */ (error);
  console.error(`Prometheus at ${prometheusUrl} does not answer: ${cause instanceof Error ? cause.message : message}`);
  process.exitCode = 2;
}
