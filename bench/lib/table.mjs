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
  const lines = [['candidate', `median, ${unit}`, 'ratio', 'middle half', 'goal', ''], ...rows.map(cells)];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length), 3));
  const draw = (line) => `| ${line.map((cell, column) => pad(cell, widths[column], column)).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (isText(column) ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [`**${title}**`, '', draw(lines[0]), rule, ...lines.slice(1).map(draw), ''].join('\n');
}

function cells({ candidate, missing, median: value, ratio, low, high, goal, verdict: judged }) {
  if (missing !== undefined) return [candidate, missing, '', '', goal ?? '', ''];
  const compared = [ratio?.toFixed(2) ?? '', low === undefined ? '' : `${low.toFixed(2)} to ${high.toFixed(2)}`];
  return [candidate, number(value), ...compared, goal ?? '', judged ?? ''];
}

const isText = (column) => column === 0 || column > 3;
const pad = (cell, width, column) => (isText(column) ? cell.padEnd(width) : cell.padStart(width));

function number(value) {
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4;
  return value.toFixed(digits);
}
