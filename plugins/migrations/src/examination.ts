import type { CommandContext, Context, Examination, Finding } from '@ship/core';
import { schemaDifferences } from './database/catalog.js';
import { withoutPassword } from './database/connect.js';
import { pendingOf, withProject } from './opened.js';
import { type Options, type Project, type ProjectInput, projectOf } from './project.js';
import { keptSchema, type Parts } from './records.js';

/** What `ship doctor` looks at: the databases, what the tools themselves refuse, and what waits. */
export function migrationsExamination({ records, objects }: Parts, options: Options): Examination {
  return {
    async examine(ctx) {
      const found = await Promise.all(projectsOf(ctx, options).map((project) => examined(ctx, project)));
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
        const line = await mended(ctx, project, record.schemas, objects);
        if (line !== undefined) lines.push(line);
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

async function examined(ctx: Context, project: Project): Promise<Finding[]> {
  try {
    return await withProject(
      ctx,
      project,
      async ({ applied, migrations, tool }) => {
        const now = await applied();
        const pending = pendingOf(migrations, now);
        const dirty = now.dirty;
        return [
          finding(
            'info',
            `${project.dir}: ${tool.name}, ${now.ids.length} applied, ${pending.length} not yet, in ${withoutPassword(project.url)}`,
          ),
          ...(dirty === undefined
            ? []
            : [
                finding(
                  'block',
                  `${project.dir}: ${dirty.problem}. Once the schema is right: ${dirty.commands.map((each) => `\`${each}\``).join(', or ')}`,
                ),
              ]),
        ];
      },
      { looks: true },
    );
  } catch (error) {
    return [finding('block', `${project.dir}: ${(error as Error).message}`)];
  }
}

/** Is it proven that nothing of it is there? Then the tool is told so. */
async function mended(
  ctx: Context,
  project: Project,
  schemas: Readonly<Record<string, string>>,
  objects: Parts['objects'],
): Promise<string | undefined> {
  return withProject(ctx, project, async ({ applied, schema, connection }) => {
    const { ids, dirty } = await applied();
    if (dirty?.forget === undefined) return undefined;
    const key = schemas[ids.at(-1) ?? ''];
    if (key === undefined || schemaDifferences(await keptSchema(objects, key), await schema()).length > 0) return undefined;
    await dirty.forget(connection);
    return `${project.dir}: ${dirty.problem}; nothing of it is there, so the tool goes on from the one before`;
  });
}
