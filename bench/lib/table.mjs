import { median, quantile } from './statistics.mjs';

/**
 * One table of a group: `rows` name a candidate, the metric of it that is shown, and what it is a ratio of.
 * The ratio is the median of the ratios within each round, not the ratio of two medians.
 */
export function buildTable({ title, unit, base, metric, rows }, candidates, samples) {
  const byName = new Map(candidates.map((candidate) => [candidate.name, candidate]));
  const build = (row) => buildRow({ base, metric, ...row }, byName.get(row.candidate), samples);
  return { title, unit, base, rows: rows.map(build) };
}

function buildRow({ candidate: name, label = name, base, metric, baseMetric = metric, goal }, candidate, samples) {
  const row = { candidate: label, goal: goal?.text ?? null };
  if (candidate.missing !== undefined) return { ...row, missing: candidate.missing };
  const values = metricOf(samples.get(name), metric);
  const ratios = paired(samples.get(name), samples.get(base), metric, baseMetric);
  const measured = { ...row, median: median(values), rounds: Object.keys(values).length };
  if (ratios.length === 0) return { ...measured, ratio: null, verdict: verdict(goal, measured) };
  if (name === base) return { ...measured, ratio: 1, verdict: null };
  const compared = { ...measured, ratio: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
  return { ...compared, verdict: verdict(goal, compared) };
}

const metricOf = (samples, metric) => samples.map((values) => values[metric]).filter((value) => value !== undefined);

function paired(ours, theirs = [], metric, baseMetric) {
  return ours.flatMap((values, round) => {
    const [value, base] = [values[metric], theirs[round]?.[baseMetric]];
    return value === undefined || base === undefined ? [] : [value / base];
  });
}

function verdict(goal, row) {
  if (goal === undefined || row[goal.of] === undefined || row[goal.of] === null) return null;
  return goal.holds(row[goal.of]) ? 'ok' : 'over';
}

/** The table as people read it, in Markdown. */
export function printTable({ title, unit, rows }) {
  return [`**${title}**`, '', draw([['candidate', `median, ${unit}`, 'ratio', 'middle half', 'goal', ''], ...rows.map(cells)]), ''].join(
    '\n',
  );
}

/** What has a goal, of all tables in one. */
export function printGoals(tables) {
  const rows = tables.flatMap(({ title, unit, rows }) =>
    rows.filter(({ goal }) => goal !== null).map((row) => goalCells(title, unit, row)),
  );
  return `${draw([['what', 'median', 'ratio', 'middle half', 'goal', ''], ...rows])}\n`;
}

function goalCells(title, unit, row) {
  const [candidate, value, ...more] = cells(row);
  return [`${title}: ${candidate}`, row.missing ?? `${value} ${unit}`, ...more];
}

/** A table in Markdown; figures stand to the right. */
function draw(lines) {
  const isFigure = (column) => column >= 1 && column <= 3;
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length), 3));
  const pad = (cell, column) => (isFigure(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
  const rule = `|${widths.map((width, column) => (isFigure(column) ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  const [head, ...body] = lines.map((line) => `| ${line.map(pad).join(' | ')} |`);
  return [head, rule, ...body].join('\n');
}

function cells({ candidate, missing, median: value, ratio, low, high, goal, verdict: judged }) {
  if (missing !== undefined) return [candidate, missing, '', '', goal ?? '', ''];
  const compared = [ratio?.toFixed(2) ?? '', low === undefined ? '' : `${low.toFixed(2)} to ${high.toFixed(2)}`];
  return [candidate, number(value), ...compared, goal ?? '', judged ?? ''];
}

function number(value) {
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4;
  return value.toFixed(digits);
}
