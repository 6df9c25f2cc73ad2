import type { Action, Probed, StepContext } from '@ship/core';
import { whileLocked } from '../database/lock.js';
import { dumpBefore, dumpProblems, riskyOf } from '../dumps/dump.js';
import type { Dumps } from '../dumps/kept.js';
import { errors } from '../errors.js';
import { type Opened, withProject } from '../opened.js';
import { type Options, type ProjectInput, projectInput, projectOf } from '../project.js';
import type { Parts } from '../records.js';
import { takeBack } from '../way-back/go-back.js';
import { judgeAfter } from '../way-back/judge.js';
import { canTakeBack } from '../way-back/plan.js';

/** The input of `migrations/down`. */
interface DownInput extends ProjectInput {
  readonly to: string;
}

type Before = { readonly applied: string[]; readonly downs: string[] };

/** `migrations/down`: takes back what comes after a migration, newest first, by the team's own tool. For a person who knows. */
export function downAction({ dumps }: Parts, options: Options): Action<DownInput, Before, { readonly summary: string }> {
  return {
    input: {
      ...projectInput('ship:migrations/down', {
        to: { type: 'string', description: 'The migration that is to be the newest; an empty text takes all of them back.' },
      }),
      required: ['to'],
    },
    irreversible: 'what a down takes away, no up brings back',
    preview: async (ctx, input) =>
      (await downsOf(ctx, input, options)).downs.map((id) => ({ kind: 'delete' as const, what: `take back ${id}` })),
    async capture(ctx, input): Promise<Before> {
      const { applied, downs } = await downsOf(ctx, input, options);
      return { applied: [...applied], downs };
    },
    run: (ctx, input, { downs }) => {
      const project = projectOf(ctx, options, input);
      return whileLocked(ctx, project, () =>
        withProject(ctx, project, async (opened) => {
          if (project.dumps) await dumpOf(ctx, opened, downs, dumps);
          for (const id of downs) {
            await ctx.progress(id, 'begun');
            await takeBack(opened, id);
          }
          return { summary: `${project.dir}: ${downs.length === 0 ? 'nothing to take back' : `${downs.join(', ')} taken back`}` };
        }),
      );
    },
    async probe(ctx, input, before): Promise<Probed> {
      const { applied } = await downsOf(ctx, input, options);
      if (String(applied) === String(before.applied) && Object.keys(ctx.progressed).length === 0) return 'untouched';
      return before.downs.some((id) => applied.includes(id)) ? 'partial' : 'done';
    },
  };
}

/** What they may lose is kept, where they may lose anything. */
async function dumpOf(ctx: StepContext, opened: Opened, downs: readonly string[], dumps: Dumps): Promise<void> {
  const { migrations, project, applied, connection } = opened;
  const { ids } = await applied();
  const isBack = ({ id }: { readonly id: string }) => downs.includes(id) && ids.includes(id);
  const stay = ids.filter((id) => !downs.includes(id));
  const risky = riskyOf(await judgeAfter(opened, stay, migrations.filter(isBack), false)).reverse();
  if (risky.length === 0) return;
  const problems = await dumpProblems(ctx, connection);
  if (problems.length > 0) throw errors.SHIP_MIGRATIONS_DUMP({ dir: project.dir, problem: problems.join() });
  await dumpBefore(ctx, opened, risky, dumps);
}

async function downsOf(ctx: StepContext, input: DownInput, options: Options) {
  const project = projectOf(ctx, options, input);
  return withProject(
    ctx,
    project,
    async ({ applied, tool, connection }) => {
      const { ids, dirty } = await applied();
      if (!canTakeBack({ tool, connection }))
        throw errors.SHIP_MIGRATIONS_USAGE({ problem: `${tool.name} has no way to take a migration back in ${connection.dialect}` });
      if (dirty !== undefined) throw errors.SHIP_MIGRATIONS_DIRTY({ tool: tool.name, ...dirty });
      if (input.to !== '' && !ids.includes(input.to)) throw errors.SHIP_MIGRATIONS_UNKNOWN({ wanted: input.to, known: ids });
      return { applied: ids, downs: ids.slice(input.to === '' ? 0 : ids.indexOf(input.to) + 1).reverse() };
    },
    { looks: true },
  );
}
