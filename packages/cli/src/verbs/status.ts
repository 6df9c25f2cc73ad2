import type { EnvironmentStatus, Json, ListedRun, NewestRun, Report } from '@ship/core';
import { environmentStatus, type Live, listRuns, look, waitingNow } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { wrongWith } from '../look.js';
import { answerOf, openToRead } from '../open.js';
import type { Paint, Terminal } from '../terminal.js';
import { age, brief, duration } from '../view/format.js';
import { lifeOf } from './lock.js';

/** `ship status`: who deploys, what is deployed, how the last run ended, what waits for `ship recover`. Touches nothing. */
export async function status(terminal: Terminal, flags: Flags): Promise<Report> {
  const { line, paint } = terminal;
  const kernel = await openToRead(terminal, flags);
  const { project, environment } = kernel.config;
  const [found, live, waiting] = await Promise.all([environmentStatus(kernel), look(kernel), waitingNow(kernel)]);
  const wrong = wrongWith(live, found.deployed);
  line(`${paint.bold(project)} -> ${paint.bold(environment)}`);
  for (const [title, lines] of [...sections(found, live, wrong, terminal), ...waits(waiting)]) {
    line(`  ${title.padEnd(TITLE_WIDTH)}${lines[0]}`);
    for (const more of lines.slice(1)) line(`  ${' '.repeat(TITLE_WIDTH)}${more}`);
  }
  const warnings = [...found.problems, ...Object.entries(wrong).map(([name, why]) => `${name}: ${why}`)];
  return answerOf(kernel, 'status', { warnings, result: { ...found, live, waiting } as unknown as Json });
}

const TITLE_WIDTH = 10;

type Section = readonly [string, readonly string[]];

function sections(
  { holder, deployed, last_run, recover, problems }: EnvironmentStatus,
  live: Live,
  wrong: Readonly<Record<string, string>>,
  terminal: Terminal,
): Section[] {
  const { paint } = terminal;
  const held = holder && [
    holder.damaged !== undefined
      ? 'nobody can tell who holds it'
      : `held by ${holder.user}@${holder.host} (pid ${holder.pid}), ${ago(holder.since)}: ${holder.command} (run ${holder.run})`,
    lifeOf(holder),
  ];
  return [
    ['lease', held ?? ['free']],
    ['deployed', deployed ? deployedLines(deployed) : ['nothing yet']],
    ...liveLines(live, wrong, paint),
    ['last run', last_run ? lastRunLines(last_run, terminal) : ['none yet']],
    ...resources('kept', last_run?.kept),
    ...resources('orphans', last_run?.orphans),
    ...(recover ? [['recover', [paint.yellow(`${recover.run}: ${recover.reason}. \`ship recover\` finishes it`)]] as const] : []),
    ...problems.map((problem): Section => ['problem', [paint.red(problem)]]),
  ];
}

function deployedLines({ version, components, run, at, snapshot }: NonNullable<EnvironmentStatus['deployed']>): string[] {
  const each = Object.entries(components).map(([name, its]) => `${name} ${its}`);
  return [
    `${version}${each.length > 0 ? ` (${each.join(', ')})` : ''}, ${ago(at)}`,
    `by run ${run}${snapshot === null ? '' : `, kept as ${snapshot}`}`,
  ];
}

/** What answers now, as the drivers have it. */
function liveLines(live: Live, wrong: Readonly<Record<string, string>>, paint: Paint): Section[] {
  const lines = Object.entries(live).map(([name, { version, healthy }]) => {
    const why = wrong[name];
    if (why !== undefined) return paint.red(`${name}: ${why}`);
    return version === null ? `${name}: nothing` : `${name} ${version}${healthy ? ', serves' : ''}`;
  });
  return lines.length === 0 ? [] : [['live', lines]];
}

function lastRunLines(last: NewestRun, { paint }: Terminal): string[] {
  const by = last.by === null ? '' : ` by ${last.by.user}@${last.by.host}`;
  const took = last.duration_ms === null || last.status === 'running' ? '' : `, took ${duration(last.duration_ms)}`;
  return [
    `${paintedStatus(last.status, paint)} ${last.run}`,
    `${last.command_line ?? last.command ?? 'unknown command'}${by}, ${ago(last.started_at)}${took}`,
    ...(whyOf(last) === '' ? [] : [whyOf(last)]),
  ];
}

const resources = (title: string, found: NewestRun['kept'] = []): Section[] =>
  found.length === 0 ? [] : [[title, found.map(({ type, id, commands = [] }) => `${type} ${id}${commands[0] ? `: ${commands[0]}` : ''}`)]];

const waits = (lines: readonly string[]): Section[] => (lines.length === 0 ? [] : [['waiting', lines]]);

const ago = (iso: string): string => `${age(Date.now() - Date.parse(iso))} ago`;

const SHOWN = 20;

/** `ship history [N]`: the last runs, newest first. Touches nothing. */
export async function history(terminal: Terminal, flags: Flags, count: string | undefined): Promise<Report> {
  const wanted = count === undefined ? SHOWN : countOf(count);
  const kernel = await openToRead(terminal, flags);
  const [runs, live, { deployed }] = await Promise.all([listRuns(kernel, { limit: wanted }), look(kernel), environmentStatus(kernel)]);
  const wrong = Object.entries(wrongWith(live, deployed)).map(([name, why]) => `${name}: ${why}`);
  const lives = liveIn(runs, live);
  if (runs.length === 0) terminal.line(`${kernel.config.environment} has no runs yet.`);
  else for (const each of table(runs, lives, terminal)) terminal.line(each);
  for (const each of wrong) terminal.line(`${terminal.paint.yellow('!')} ${each}`);
  const result = runs.map((each) => ({ ...each, live: lives.get(each.run) ?? [] }));
  return answerOf(kernel, 'history', { warnings: wrong, result: result as unknown as Json });
}

function countOf(word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw errors.SHIP_USAGE({
    problem: `\`ship history ${word}\` is not understood`,
    hint: 'It is `ship history`, or `ship history 5` for the last five runs.',
  });
}

const HEAD = ['run', 'ago', 'took', 'command', 'status', 'versions', 'why'];

/** The components that are live as a run left them, by run: the newest that left them so. */
function liveIn(runs: readonly ListedRun[], live: Live): Map<string, string[]> {
  const left = new Map<string, string[]>();
  for (const [name, { version, healthy }] of Object.entries(live)) {
    if (healthy === false) continue;
    const by = runs.find(({ versions, back }) => version !== null && (Object.hasOwn(back, name) ? back[name] : versions[name]) === version);
    if (by) left.set(by.run, [...(left.get(by.run) ?? []), name]);
  }
  return left;
}

function table(runs: readonly ListedRun[], live: ReadonlyMap<string, readonly string[]>, { paint }: Terminal): string[] {
  const rows = runs.map((each) => cellsOf(each, live.get(each.run) ?? []));
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const padded = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!));
  const lines = rows.map((row, index) => {
    const cells = padded(row);
    const [status, space] = [row[STATUS]!, ' '.repeat(widths[STATUS]! - row[STATUS]!.length)];
    return cells
      .with(STATUS, paintedStatus(runs[index]!.status, paint, status) + space)
      .join('  ')
      .trimEnd();
  });
  return [paint.dim(padded(HEAD).join('  ').trimEnd()), ...lines];
}

const STATUS = HEAD.indexOf('status');

function cellsOf(listed: ListedRun, live: readonly string[]): string[] {
  const { run, started_at, duration_ms, command, status } = listed;
  const took = duration_ms === null ? '?' : duration(duration_ms);
  const ago = age(Date.now() - Date.parse(started_at));
  return [run, ago, took, command ?? '?', statusWord(status), versionsIn(listed, live) || '-', whyOf(listed)];
}

/** `api 1.1.0 (live), worker 1.1.0 -> 1.0.0 (live)`. */
function versionsIn({ versions, back }: Pick<ListedRun, 'versions' | 'back'>, live: readonly string[]): string {
  const names = [...new Set([...Object.keys(versions), ...Object.keys(back)])];
  const mark = (name: string) => (live.includes(name) ? ' (live)' : '');
  return names
    .map((name) => `${name} ${[versions[name] ?? 'nothing', ...backTo(back, name, versions[name])].join(' -> ')}${mark(name)}`)
    .join(', ');
}

function backTo(back: ListedRun['back'], name: string, from: string | undefined): string[] {
  if (!Object.hasOwn(back, name)) return [];
  const to = back[name] ?? 'nothing';
  return to === from ? [] : [to];
}

/** Why it was started, why it did not succeed, and what it did without. */
function whyOf({ given_reason, problem, reason, without }: ListedRun): string {
  const failed = problem ?? reason;
  return [
    ...(failed === null || failed === undefined ? [] : [brief(failed)]),
    ...(without.length === 0 ? [] : [`went on although ${without.join(', ')} failed`]),
    ...(given_reason === undefined ? [] : [`reason: ${brief(given_reason)}`]),
  ].join('; ');
}

const COLOURS: Readonly<Record<ListedRun['status'], 'green' | 'yellow' | 'red' | 'cyan'>> = {
  succeeded: 'green',
  rolled_back: 'yellow',
  failed: 'red',
  rollback_incomplete: 'red',
  refused: 'yellow',
  interrupted: 'red',
  running: 'cyan',
  unknown: 'red',
};

/** How a run ended, in words. */
const statusWord = (status: ListedRun['status']): string => status.replaceAll('_', ' ');

/** The same in its colour. */
const paintedStatus = (status: ListedRun['status'], paint: Paint, text = statusWord(status)): string => paint[COLOURS[status]](text);
