import type { Context, Finding } from '@ship/core';
import { holds, withPacked } from '../copies.js';
import { stillExecuting } from '../database/at-work.js';
import { schemaDifferences } from '../database/catalog.js';
import { dumpProblems, riskyOf } from '../dumps/dump.js';
import type { Migration } from '../migration.js';
import { type Opened, withProject } from '../opened.js';
import type { Project } from '../project.js';
import { loadParserOf } from '../sql/parser.js';
import { isAtomic, isTransactional } from './atomic.js';
import { blocksOf, breaksOldCode, type Choice, chooseWay, named } from './choose.js';
import { judgeAfter } from './judge.js';

/** What a database is to be like again. */
export interface Target {
  /** What was applied then. */
  readonly applied: readonly string[];
  /** The folder as it was when something was applied last: only the newer version has the downs. Absent: as it is now. */
  readonly packed?: Buffer;
  /** The schema right after a migration, or before all of them; undefined where nobody has looked. */
  readonly schemaAfter: (id: string | undefined) => Promise<readonly string[] | undefined>;
  /** What the run has begun to apply, oldest first. */
  readonly begun: readonly string[];
  /** `preserve_data_migrations`: what may lose rows is not run. */
  readonly preservesData: boolean;
}

/** How to go back, and what speaks against it. */
export interface WayBack {
  readonly choice: Choice;
  readonly findings: readonly Finding[];
}

/** Opens a project with the files that the way back needs. */
export function withTarget<T>(
  ctx: Context,
  project: Project,
  { packed }: Target,
  work: (opened: Opened) => Promise<T>,
  options: { looks?: true } = {},
): Promise<T> {
  if (packed === undefined || holds(project.folder, packed)) return withProject(ctx, project, work, options);
  return withPacked(packed, (folder) => withProject(ctx, { ...project, folder }, work, options));
}

/** Plans the way back. Changes nothing. */
export async function planBack(ctx: Context, opened: Opened, project: Project, target: Target): Promise<WayBack> {
  const { tool, migrations, applied } = opened;
  const now = await applied();
  const since = now.ids.filter((id) => !target.applied.includes(id));
  const judged = migrations.filter(({ id }) => since.includes(id));
  const choice = chooseWay(await judgeAfter(opened, target.applied, judged, target.preservesData));
  const say = (level: Finding['level'], message: string): Finding => ({ level, rule: 'migrations', message: `${project.dir}: ${message}` });
  const blocks = [
    ...strayed(target, now.ids, since, migrations),
    ...(now.changed ?? []).filter((id) => since.includes(id)).map((id) => `${id} ${CHANGED}`),
    ...(now.dirty === undefined || now.dirty.id === cutOff(target, now.ids) ? [] : [now.dirty.problem]),
    ...(await halfApplied(opened, target, now.ids)),
    ...(choice.level === 'block' ? blocksOf(choice) : []),
    ...(choice.downs.length > 0 && tool.isFixed === true && opened.project.folder !== project.folder
      ? [
          `the files of ${choice.downs.map(named).join(', ')} are not there as they were applied, and ${tool.name} needs them in their place`,
        ]
      : []),
    ...(choice.downs.length > 0 && !canTakeBack(opened)
      ? [`${tool.name} has no way to take a migration back, and ${choice.downs.map(named).join(', ')} may not stay`]
      : []),
    ...(project.dumps && riskyOf(choice.downs).length > 0 ? await dumpProblems(ctx, opened.connection) : []),
  ];
  const changed = await changedSince(opened, target, now.ids);
  return {
    choice,
    findings: [
      ...blocks.map((block) => say('block', block)),
      ...(changed.length === 0 ? [] : [say('warn', `the schema was changed since by somebody else: ${changed.slice(0, 5).join('; ')}`)]),
      ...(choice.level === 'warn' ? warningsOf(choice).map((each) => say('warn', each)) : []),
      ...(blocks.length > 0 ? [] : linesOf(choice).map((line) => say('info', line))),
    ],
  };
}

const CHANGED = 'is not what was applied, by the checksum of the tool: its file was changed since, and nobody can tell what it has done';

/** Somebody else has been here, or the files are not those that were applied. */
function strayed(target: Target, now: readonly string[], since: readonly string[], migrations: readonly Migration[]): string[] {
  const missing = target.applied.filter((id) => !now.includes(id));
  const unknown = since.filter((id) => !migrations.some((each) => each.id === id));
  return [
    ...(missing.length === 0 ? [] : [`${missing.join(', ')} was applied then, and somebody has taken it back since`]),
    ...(unknown.length === 0 ? [] : [`${unknown.join(', ')} is applied, and no file says what it has done or how to undo it`]),
  ];
}

/**
 * Has the tool a way, or ship in its place? In MySQL a down and the table of the tool cannot be changed both or neither, and in a
 * transaction of SQLite the pragma that keeps rows of other tables means nothing.
 */
export const canTakeBack = ({ tool, connection }: Pick<Opened, 'tool' | 'connection'>): boolean =>
  tool.down !== undefined || (tool.forgets !== undefined && connection.dialect === 'postgres');

/** What was being applied when the run ended. */
export const cutOff = ({ begun }: Target, now: readonly string[]): string | undefined => begun.find((id) => !now.includes(id));

/** A migration that was cut off is no part of what is applied, and yet something of it may be there. */
export async function halfApplied(opened: Opened, target: Target, now: readonly string[]): Promise<string[]> {
  const begun = cutOff(target, now);
  return begun === undefined ? [] : leftOf(opened, begun, await target.schemaAfter(now.at(-1)));
}

/** What a migration that was begun and is not applied may have left, against the schema before it. Nothing: it is proven that nothing is there. */
export async function leftOf(
  { schema, migrations, printed, connection, tool }: Opened,
  begun: string,
  before: readonly string[] | undefined,
): Promise<string[]> {
  const { dialect } = connection;
  await loadParserOf(dialect);
  const executing = await stillExecuting(connection);
  if (executing.length > 0) return [`nobody can tell whether ${begun} is still being applied, by ${executing.slice(0, 5).join(', ')}`];
  const left = before === undefined ? ['nobody knows what was there before it'] : schemaDifferences(before, await schema());
  if (left.length > 0) return [`${begun} was applied by half: ${left.slice(0, 5).join('; ')}`];
  const { judged } = await printed({ before: [], judged: migrations.filter(({ id }) => id === begun) });
  const [migration] = judged;
  if (migration === undefined) return [`${begun} was begun, and no file says what it does: rows that it has changed nobody can tell`];
  const runner = { dialect, tool, isTransactional: await isTransactional(connection) };
  return migration.up.every((script) => isAtomic(script, runner))
    ? []
    : [`${begun} was cut off outside of a transaction: the schema is as before, and rows that it has changed nobody can tell`];
}

async function changedSince({ schema }: Opened, target: Target, now: readonly string[]): Promise<string[]> {
  if (cutOff(target, now) !== undefined) return [];
  const after = await target.schemaAfter(now.at(-1));
  return after === undefined ? [] : schemaDifferences(after, await schema());
}

function warningsOf({ downs, kept }: Choice): string[] {
  return [...downs.map((each) => ({ ...each, verdict: 'run_down' })), ...kept.map((each) => ({ ...each, verdict: 'keep_schema' }))].flatMap(
    ({ id, name, verdict, reasons }) =>
      reasons
        .filter((each) => each.verdict === verdict && each.level === 'warn')
        .map(({ file, line, hint, rule }) => `${named({ id, name })}: ${file}:${line} ${rule}${hint === '' ? '' : `: ${hint}`}`),
  );
}

/** What becomes of each, for people. */
function linesOf({ downs, kept }: Choice): string[] {
  return [
    ...downs.map((each) => {
      const order = breaksOldCode(each) ? ', before the code: the old code does not get along with it' : '';
      return `${named(each)} is taken back by its down${order}`;
    }),
    ...kept.map((each) => `${named(each)} stays: the old code gets along with it`),
  ];
}
