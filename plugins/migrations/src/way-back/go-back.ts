import type { Context, Finding, Restored } from '@ship/core';
import { schemaDifferences } from '../database/catalog.js';
import { whileLocked } from '../database/lock.js';
import { dumpBefore, riskyOf } from '../dumps/dump.js';
import type { Dumps } from '../dumps/kept.js';
import { errors } from '../errors.js';
import type { Migration } from '../migration.js';
import type { Opened } from '../opened.js';
import type { Project } from '../project.js';
import { breaksOldCode, type Choice, named } from './choose.js';
import { cutOff, planBack, type Target, withTarget } from './plan.js';

/** Can the old code come back, and how? Changes nothing. */
export const admitBack = (ctx: Context, project: Project, target: Target): Promise<readonly Finding[]> =>
  withTarget(ctx, project, target, async (opened) => (await planBack(ctx, opened, project, target)).findings, { looks: true });

/** Must the schema go back before the code, as the old code cannot even start on the schema that is there? Changes nothing. */
export const goesBackFirst = (ctx: Context, project: Project, target: Target): Promise<boolean> =>
  withTarget(ctx, project, target, async (opened) => (await planBack(ctx, opened, project, target)).choice.downs.some(breaksOldCode), {
    looks: true,
  });

/** Takes back what must be, keeps what may be, and proves that the schema is what it was. Idempotent. */
export function goBack(ctx: Context, project: Project, target: Target, dumps: Dumps): Promise<Restored> {
  return whileLocked(ctx, project, () =>
    withTarget(ctx, project, target, async (opened): Promise<Restored> => {
      const { choice, findings } = await planBack(ctx, opened, project, target);
      const blocks = findings.flatMap(({ level, message }) => (level === 'block' ? [message.replace(`${project.dir}: `, '')] : []));
      if (blocks.length > 0) throw errors.SHIP_MIGRATIONS_REFUSED({ dir: project.dir, blocks });
      await forgetBegun(opened, target);
      const risky = riskyOf(choice.downs);
      if (project.dumps && risky.length > 0) await dumpBefore(ctx, opened, risky, dumps);
      for (const { id } of choice.downs) await takeBack(opened, id);
      if (choice.downs.length > 0) await prove(opened, project, target);
      return answerOf(project, choice);
    }),
  );
}

/** What stays is not back, although the old code gets along with it: the report says so. */
function answerOf({ dir }: Project, { downs, kept }: Choice): Restored {
  const changed = downs.length > 0;
  const back = changed ? [`${downs.map(named).join(', ')} taken back`] : [];
  const stays = kept.map(named);
  if (stays.length === 0) return { changed, summary: `${dir}: ${changed ? back.join() : 'unchanged'}` };
  const why = `${stays.join(', ')} ${stays.length === 1 ? 'stays' : 'stay'}, as the old code gets along with the schema`;
  return { changed, kept: `${dir}: ${[...back, why].join('; ')}` };
}

/** Nothing of it is there, and the tool's own table says that it failed: then the tool would refuse whatever comes next. */
export async function forgetBegun({ applied, connection }: Opened, target: Target): Promise<void> {
  const { ids, dirty } = await applied();
  if (dirty?.id !== undefined && dirty.id === cutOff(target, ids)) await dirty.forget?.(connection);
}

/** Takes back one migration, the newest, and sees that this one alone is gone. */
export async function takeBack(opened: Opened, id: string): Promise<void> {
  const { tool, project, migrations, connection, applied, call } = opened;
  const before = (await applied()).ids;
  const wanted = before.filter((each) => each !== id);
  if (tool.down !== undefined) await call(tool.down(project, id, wanted.at(-1)));
  else await runDown(connection, migrations.find((each) => each.id === id)!, tool.forgets!(id));
  const now = (await applied()).ids;
  if (String(now) !== String(wanted))
    throw errors.SHIP_MIGRATIONS_STRAYED({
      dir: project.dir,
      problem: `${tool.name} was to take back ${id} alone, and applied is now ${now.join(', ') || 'nothing'}, not ${wanted.join(', ') || 'nothing'}`,
    });
}

/** Where the tool has no down, ship runs it, and makes the table forget the migration, both or neither. */
async function runDown(
  connection: Opened['connection'],
  { down }: Migration,
  { statement, values }: { readonly statement: string; readonly values: readonly unknown[] },
): Promise<void> {
  await connection.run('BEGIN');
  try {
    for (const { text } of typeof down === 'string' ? [] : down) await connection.run(text);
    await connection.query(statement, values);
    await connection.run('COMMIT');
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function prove({ schema, applied }: Opened, { dir }: Project, { schemaAfter }: Target): Promise<void> {
  const then = await schemaAfter((await applied()).ids.at(-1));
  const left = then === undefined ? ['nobody has looked at it before'] : schemaDifferences(then, await schema());
  if (left.length > 0) throw errors.SHIP_MIGRATIONS_UNPROVEN({ dir, left: left.slice(0, 10) });
}
