import type { Action, StepContext } from '@ship/core';
import { errors } from '../errors.js';
import { pendingOf, withProject } from '../opened.js';
import { type Options, type Project, type ProjectInput, projectInput, projectOf } from '../project.js';
import type { Parts } from '../records.js';
import { blocksOf, chooseWay, named } from '../way-back/choose.js';
import { judgeAfter } from '../way-back/judge.js';

/** The input of `migrations/gate`. */
interface GateInput extends ProjectInput {
  readonly accept?: readonly string[];
}

const input = projectInput('ship:migrations/gate', {
  accept: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    description: 'Ids of migrations that somebody has looked at: a release with them may be one that cannot be rolled back.',
  },
});

/** `migrations/gate`: fails where this release could not be rolled back, while nothing was changed yet. */
export function gateAction({ settings }: Parts, options: Options): Action<GateInput, never, { readonly summary: string }> {
  return {
    input,
    preview: async (ctx, given) => {
      const { blocks } = await looked(ctx, projectOf(ctx, options, given), given, settings.preservesData);
      return blocks.map((what) => ({ kind: 'run' as const, what: `would refuse: ${what}` }));
    },
    async run(ctx, given) {
      const project = projectOf(ctx, options, given);
      const { blocks, pending } = await looked(ctx, project, given, settings.preservesData);
      if (blocks.length > 0) throw errors.SHIP_MIGRATIONS_GATE({ dir: project.dir, blocks });
      return {
        summary: `${project.dir}: ${pending.length === 0 ? 'nothing to apply' : `the old code may come back behind ${pending.join(', ')}`}`,
      };
    },
    restore: () => ({ changed: false, summary: 'it changes nothing' }),
  };
}

async function looked(ctx: StepContext, project: Project, { accept = [] }: GateInput, preservesData: boolean) {
  return withProject(
    ctx,
    project,
    async (opened) => {
      const { migrations, applied } = opened;
      const now = await applied();
      const pending = pendingOf(migrations, now);
      const judged = await judgeAfter(opened, now.ids, pending, preservesData);
      const choice = chooseWay(judged.filter(({ id }) => !accept.includes(id)));
      return { pending: pending.map(named), blocks: choice.level === 'block' ? blocksOf(choice) : [] };
    },
    { looks: true },
  );
}
