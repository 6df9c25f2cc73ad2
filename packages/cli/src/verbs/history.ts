import type { Json, ListedRun, Report } from '@ship/core';
import { listRuns } from '@ship/core/kernel';
import { answerOf } from '../answer.js';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';
import { paintedStatus, statusWord } from '../view/past.js';
import { brief } from '../view/text.js';
import { age, duration } from '../view/time.js';

const SHOWN = 20;

/** `ship history [N]`: the last runs, newest first. Touches nothing. */
export async function history(terminal: Terminal, flags: Flags, count: string | undefined): Promise<Report> {
  const wanted = count === undefined ? SHOWN : countOf(count);
  const kernel = await openFromFlags(flags);
  const runs = await listRuns(kernel, { limit: wanted });
  if (runs.length === 0) terminal.line(`${kernel.config.environment} has no runs yet.`);
  else for (const each of table(runs, terminal)) terminal.line(each);
  return answerOf(kernel, 'history', { result: runs as unknown as Json });
}

function countOf(word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw errors.SHIP_USAGE({
    problem: `\`ship history ${word}\` is not understood`,
    hint: 'It is `ship history`, or `ship history 5` for the last five runs.',
  });
}

const HEAD = ['run', 'ago', 'took', 'command', 'status', 'why'];

function table(runs: readonly ListedRun[], { paint }: Terminal): string[] {
  const rows = runs.map(cellsOf);
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

function cellsOf({ run, started_at, duration_ms, command, status, reason, problem }: ListedRun): string[] {
  const took = duration_ms === null ? '?' : duration(duration_ms);
  return [run, age(Date.now() - Date.parse(started_at)), took, command ?? '?', statusWord(status), brief(problem ?? reason ?? '')];
}
