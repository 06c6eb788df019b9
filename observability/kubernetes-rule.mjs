/**
 * Wraps rules.yml for the Prometheus operator: `node observability/kubernetes-rule.mjs` after every change there.
 * The result is committed, since kustomize reads no file outside its folder; a test compares the two.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { parse, stringify } from 'yaml';

const RULES = new URL('rules.yml', import.meta.url);
const FILE = new URL('../k8s/components/monitoring/prometheus-rule.yaml', import.meta.url);

/** The file's exact text. */
export async function renderRule() {
  const { groups } = parse(await readFile(RULES, 'utf8'));
  const resource = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'parley', labels: { 'app.kubernetes.io/part-of': 'parley' } },
    spec: { groups },
  };
  return format(`# Made from observability/rules.yml.\n${stringify(resource)}`, {
    parser: 'yaml',
    printWidth: 120,
    singleQuote: true,
  });
}

if (process.argv[1] === import.meta.filename) await writeFile(FILE, await renderRule());
