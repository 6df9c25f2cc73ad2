import type { CommandContext, Context, Examination, Finding } from '@ship/core';
import { othersAtWork } from './database/at-work.js';
import { whileLocked } from './database/lock.js';
import { withoutPassword } from './database/url.js';
import { type Opened, pendingOf, withProject } from './opened.js';
import { type Options, type Project, type ProjectInput, projectOf } from './project.js';
import { type Applied, keptSchema, type Parts } from './records.js';
import type { Dirty } from './tools/tool.js';
import { leftOf } from './way-back/plan.js';

/** What `ship doctor` looks at: the databases, what the tools themselves refuse, and what waits. */
export function migrationsExamination(parts: Parts, options: Options): Examination {
  const { records } = parts;
  return {
    async examine(ctx) {
      const found = await Promise.all(projectsOf(ctx, options).map((project) => examined(ctx, project, parts)));
      return [...found.flat(), ...(await waitingOf(ctx, records)).map((line) => finding('info', line))];
    },
    waiting: (ctx) => waitingOf(ctx, records),
    /** Where nothing of a failed migration is there, the table of the tool is made to say so. */
    async mend(ctx) {
      const lines: string[] = [];
      for (const name of await records.names(ctx)) {
        const record = await records.get(ctx, name);
        if (record === undefined) continue;
        const project = projectOf(ctx, options, ctx.resolve(record.input));
        try {
          const line = await mended(ctx, project, record, parts);
          if (line !== undefined) lines.push(line);
        } catch (error) {
          ctx.log.warn(`${project.dir}: nobody could look for what was left: ${(error as Error).message}`);
        }
      }
      return lines;
    },
  };
}

async function waitingOf(ctx: Context, records: Parts['records']): Promise<string[]> {
  const found = await Promise.all((await records.names(ctx)).map(async (name) => ({ name, record: await records.get(ctx, name) })));
  return found.flatMap(({ name, record }) => Object.entries(record?.waiting ?? {}).map(([id, { why }]) => `${name}: ${id} waits: ${why}`));
}

const finding = (level: Finding['level'], message: string): Finding => ({ level, rule: 'migrations', message });

function projectsOf(ctx: CommandContext, options: Options): Project[] {
  const steps = ctx.config.steps.filter(({ uses }) => uses.startsWith('migrations/'));
  const projects = steps.map((step) => projectOf(ctx, options, step.with as ProjectInput));
  return [...new Map(projects.map((project) => [project.name, project])).values()];
}

async function examined(ctx: CommandContext, project: Project, parts: Parts): Promise<Finding[]> {
  try {
    return await withProject(
      ctx,
      project,
      async (opened) => {
        const now = await opened.applied();
        const pending = pendingOf(opened.migrations, now);
        const where = `in ${withoutPassword(project.url)}`;
        return [
          finding('info', `${project.dir}: ${opened.tool.name}, ${now.ids.length} applied, ${pending.length} not yet, ${where}`),
          ...(now.changed ?? []).map((id) =>
            finding('warn', `${project.dir}: ${id} was changed since it was applied: its checksum is another one`),
          ),
          ...(now.dirty === undefined ? [] : [await dirtyFinding(opened, now.dirty, await parts.records.get(ctx, project.name), parts)]),
        ];
      },
      { looks: true },
    );
  } catch (error) {
    return [finding('block', `${project.dir}: ${(error as Error).message}`)];
  }
}

async function dirtyFinding(opened: Opened, dirty: Dirty, record: Applied | undefined, parts: Parts): Promise<Finding> {
  const unproven = await whyUnproven(opened, dirty, record, parts);
  const byHand = `Once the schema is right: ${dirty.commands.map((each) => `\`${each}\``).join(', or ')}`;
  const advice =
    unproven.length === 0
      ? 'Nothing of it is there, and nobody is at work: `ship doctor --fix` puts it right'
      : `${unproven.join('; ')}. ${byHand}`;
  return finding('block', `${opened.project.dir}: ${dirty.problem}. ${advice}`);
}

/** The tool is told that the migration was not applied, where that is proven. */
function mended(ctx: Context, project: Project, record: Applied, parts: Parts): Promise<string | undefined> {
  return whileLocked(ctx, project, () =>
    withProject(ctx, project, async (opened) => {
      const { dirty } = await opened.applied();
      if (dirty?.forget === undefined || (await whyUnproven(opened, dirty, record, parts)).length > 0) return undefined;
      await dirty.forget(opened.connection);
      return `${project.dir}: ${dirty.problem}; nothing of it is there, so the tool goes on from the one before`;
    }),
  );
}

/** What speaks against it that a migration has left nothing, and that nobody applies it still. */
async function whyUnproven(opened: Opened, { id, forget }: Dirty, record: Applied | undefined, { objects }: Parts): Promise<string[]> {
  if (forget === undefined) return ['Only a person can tell'];
  const now = await opened.applied();
  // A lock names none: it is about the one that comes next.
  const begun = id ?? pendingOf(opened.migrations, now)[0]?.id;
  const key = record?.schemas[now.ids.at(-1) ?? ''];
  const left = begun === undefined ? [] : await leftOf(opened, begun, key === undefined ? undefined : await keptSchema(objects, key));
  const others = await othersAtWork(opened.connection, { locks: opened.tool.locks === true });
  return [
    ...left,
    ...(others.length === 0 ? [] : [`nobody can tell whether it is still being applied, by ${others.slice(0, 5).join(', ')}`]),
  ];
}
