/** The figures for people. */

/**
 * @param {import('./run-bench.mjs').BenchResult} result
 * @returns {string}
 */
export function printTable({ date, machine, loadAverage, settings, scenarios, bad }) {
  const header = ['scenario', 'unit', 'Parley', 'beside', 'its figure', 'ratio', 'goal', '', 'bad'];
  const rows = scenarios.map(({ name, unit, beside, targets, ratio, goal, met }) => [
    name,
    unit,
    spread(targets.parley.figure, 1),
    beside,
    spread(targets.reference.figure, 1),
    spread(ratio, 2),
    goal === null ? '' : `<= ${goal}${unit.startsWith('KB') ? ' KB' : ''}`,
    met === null ? '' : met ? 'met' : 'not met',
    String(targets.reference.bad + targets.parley.bad),
  ]);
  const load = [loadAverage.before, loadAverage.after].map(([oneMinute = 0]) => oneMinute.toFixed(1)).join(' -> ');
  return [
    `${date.slice(0, 16)}Z, Node ${machine.node.slice(1)}, ${machine.cpus} CPUs (${machine.cpuModel}), load average ${load}`,
    `${settings.rounds} rounds of ${settings.seconds} s; median (min-max)`,
    '',
    ...alignColumns([header, ...rows]),
    ...scenarios.flatMap(describeProblems),
    ...(process.platform === 'linux' ? [] : ['CPU time and memory are measured on Linux only; answers were checked.']),
    '',
    bad === 0 ? 'Every answer was whole.' : `${bad} answers were not whole: the figures mean nothing.`,
  ].join('\n');
}

/**
 * @param {import('./figures.mjs').Spread | null} figure
 * @param {number} digits
 */
function spread(figure, digits) {
  if (!figure) return '-';
  const [median, min, max] = [figure.median, figure.min, figure.max].map((value) => value.toFixed(digits));
  return figure.min === figure.max ? String(median) : `${median} (${min}-${max})`;
}

/** @param {string[][]} rows */
function alignColumns(rows) {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** @param {import('./summary.mjs').ScenarioFigures} figures */
function describeProblems({ name, targets }) {
  return Object.entries(targets).flatMap(([target, { problems }]) =>
    Object.entries(problems).map(([problem, count]) => `${name}, ${target}: ${problem} (${count} times)`),
  );
}
