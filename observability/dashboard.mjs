/**
 * Writes the Grafana board from overview.mjs: `node observability/dashboard.mjs` after every change there.
 * The JSON is committed, since Grafana reads files; a test compares the two.
 */
import { writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { ROWS } from './overview.mjs';

const FILE = new URL('grafana/dashboards/parley-overview.json', import.meta.url);
/** A variable rather than a fixed id, so that the same file can be imported by hand into any Grafana. */
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const GRID_WIDTH = 24;
const ROW_HEIGHT = 1;
/**
 * Options without which the type draws something misleading; everything else is Grafana's default.
 * @type {Record<string, object>}
 */
const OPTIONS = {
  timeseries: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  stat: { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'area' },
  heatmap: { calculate: false, yAxis: { unit: 's' } },
  'state-timeline': { showValue: 'never', mergeValues: true },
  table: { showHeader: true },
};

/** @import { Panel } from './overview.mjs' */
/** @typedef {{ id: number, type: string, title: string, gridPos: object, targets?: { expr: string }[], [key: string]: unknown }} PanelModel */

/** The board as Grafana's JSON model, laid out from left to right. Ids count from 1: Grafana needs them unique. */
export function buildDashboard() {
  /** @type {PanelModel[]} */
  const panels = [];
  let top = 0;
  for (const [title, rowPanels] of Object.entries(ROWS)) {
    const row = { x: 0, y: top, w: GRID_WIDTH, h: ROW_HEIGHT };
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, gridPos: row, panels: [] });
    top += ROW_HEIGHT;
    let left = 0;
    let lineHeight = 0;
    for (const panel of rowPanels) {
      if (left + panel.width > GRID_WIDTH) {
        top += lineHeight;
        left = 0;
        lineHeight = 0;
      }
      const gridPos = { x: left, y: top, w: panel.width, h: panel.height };
      panels.push({ id: panels.length + 1, gridPos, ...panelModel(panel) });
      left += panel.width;
      lineHeight = Math.max(lineHeight, panel.height);
    }
    top += lineHeight;
  }
  return {
    uid: 'parley-overview',
    title: 'Parley / Overview',
    tags: ['parley'],
    schemaVersion: 42,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    graphTooltip: 1,
    templating: { list: variables() },
    panels,
  };
}

/** @param {Panel} panel */
function panelModel({ type, title, unit, queries, mappings }) {
  return {
    type,
    title,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, ...(mappings && { mappings: [valueMapping(mappings)] }) }, overrides: [] },
    options: OPTIONS[type],
    targets: queries.map(([expr = '', legend = ''], index) => target(type, expr, legend, index)),
  };
}

/**
 * @param {string} type
 * @param {string} expr
 * @param {string} legend
 * @param {number} index
 */
function target(type, expr, legend, index) {
  return {
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource: DATASOURCE,
    expr,
    legendFormat: legend || '__auto',
    format: type === 'heatmap' || type === 'table' ? type : 'time_series',
    instant: type === 'table',
    range: type !== 'table',
  };
}

/** @param {Record<string, string[]>} texts value -> text and colour */
function valueMapping(texts) {
  const options = Object.entries(texts).map(([value, [text, color]], index) => [value, { text, color, index }]);
  return { type: 'value', options: Object.fromEntries(options) };
}

function variables() {
  return [
    { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
    labelVariable('provider', 'label_values(parley_requests_total, provider)'),
    labelVariable('model', 'label_values(parley_requests_total{provider=~"$provider"}, model)'),
  ];
}

/**
 * @param {string} name
 * @param {string} query
 */
function labelVariable(name, query) {
  return {
    name,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    // On every change of the time range: models come and go.
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

/** The file's exact text. */
export function renderDashboard() {
  return format(JSON.stringify(buildDashboard()), { parser: 'json', printWidth: 120 });
}

if (process.argv[1] === import.meta.filename) await writeFile(FILE, await renderDashboard());
