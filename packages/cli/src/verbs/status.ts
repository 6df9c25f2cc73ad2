import type { EnvironmentStatus, Json, NewestRun, Report } from '@ship/core';
import { environmentStatus } from '@ship/core/kernel';
import { answerOf } from '../answer.js';
import type { Flags } from '../arguments.js';
import { openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';
import { lifeOf } from '../view/holder.js';
import { paintedStatus } from '../view/past.js';
import { brief } from '../view/text.js';
import { age, duration } from '../view/time.js';

/** `ship status`: who deploys, what is deployed, how the last run ended, what waits for `ship recover`. Touches nothing. */
export async function status(terminal: Terminal, flags: Flags): Promise<Report> {
  const { line, paint } = terminal;
  const kernel = await openFromFlags(flags);
  const { project, environment } = kernel.config;
  const found = await environmentStatus(kernel);
  line(`${paint.bold(project)} -> ${paint.bold(environment)}`);
  for (const [title, lines] of sections(found, terminal)) {
    line(`  ${title.padEnd(TITLE_WIDTH)}${lines[0]}`);
    for (const more of lines.slice(1)) line(`  ${' '.repeat(TITLE_WIDTH)}${more}`);
  }
  const result = found as unknown as Json;
  return answerOf(kernel, 'status', { warnings: found.problems, result });
}

const TITLE_WIDTH = 10;

type Section = readonly [string, readonly string[]];

function sections({ holder, deployed, last_run, recover, problems }: EnvironmentStatus, terminal: Terminal): Section[] {
  const { paint } = terminal;
  const held = holder && [
    `held by ${holder.user}@${holder.host} (pid ${holder.pid}), ${ago(holder.since)}: ${holder.command} (run ${holder.run})`,
    lifeOf(holder),
  ];
  return [
    ['lease', held ?? ['free']],
    ['deployed', deployed ? deployedLines(deployed) : ['nothing yet']],
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

function lastRunLines(last: NewestRun, { paint }: Terminal): string[] {
  const by = last.by === null ? '' : ` by ${last.by.user}@${last.by.host}`;
  const took = last.duration_ms === null || last.status === 'running' ? '' : `, took ${duration(last.duration_ms)}`;
  return [
    `${paintedStatus(last.status, paint)} ${last.run}`,
    `${last.command_line ?? last.command ?? 'unknown command'}${by}, ${ago(last.started_at)}${took}`,
    ...(last.reason === null ? [] : [brief(last.reason)]),
  ];
}

const resources = (title: string, found: NewestRun['kept'] = []): Section[] =>
  found.length === 0 ? [] : [[title, found.map(({ type, id, commands = [] }) => `${type} ${id}${commands[0] ? `: ${commands[0]}` : ''}`)]];

const ago = (iso: string): string => `${age(Date.now() - Date.parse(iso))} ago`;
