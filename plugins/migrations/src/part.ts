import type { CapturedPart, Context, Finding, Restored, SnapshotPart } from '@ship/core';
import { withProject } from './opened.js';
import { type Options, type Project, projectOf } from './project.js';
import { type Applied, keptSchema, objectsOf, type Parts } from './records.js';
import { admitBack, goBack } from './way-back/go-back.js';
import type { Target } from './way-back/plan.js';

/** What a snapshot keeps of the migrations: each project as it was applied last. */
export type Value = { readonly format: 1; readonly projects: { readonly [name: string]: Applied } };

/** What of the schema belongs to an environment. */
export function migrationsPart(parts: Parts, options: Options): SnapshotPart<Value> {
  const { records } = parts;
  const each = async <T>(
    { projects }: Value,
    act: (project: Project, name: string, then: Applied) => Promise<T>,
    ctx: Context,
  ): Promise<T[]> => {
    const all: T[] = [];
    for (const [name, then] of Object.entries(projects)) all.push(await act(projectOf(ctx, options, ctx.resolve(then.input)), name, then));
    return all;
  };
  return {
    async capture(ctx): Promise<CapturedPart<Value> | undefined> {
      const found = await Promise.all((await records.names(ctx)).map(async (name) => [name, await records.get(ctx, name)] as const));
      const projects = Object.fromEntries(found.flatMap(([name, applied]) => (applied === undefined ? [] : [[name, applied] as const])));
      if (Object.keys(projects).length === 0) return undefined;
      return { value: { format: 1, projects }, objects: Object.values(projects).flatMap(objectsOf) };
    },
    admit: async (ctx, value): Promise<Finding[]> =>
      (await each(value, async (project, name, then) => admitBack(ctx, project, await targetOf(ctx, parts, name, then)), ctx)).flat(),
    async restore(ctx, value): Promise<Restored> {
      const restored = await each(
        value,
        async (project, name, then) => {
          const now = await parts.records.get(ctx, name);
          const answer = await goBack(ctx, project, await targetOf(ctx, parts, name, then), parts.dumps);
          const { ids } = await withProject(ctx, project, (opened) => opened.applied(), { looks: true });
          if (now !== undefined) await parts.records.put(ctx, name, { ...now, applied: [...ids] });
          return answer;
        },
        ctx,
      );
      const kept = restored.flatMap((each) => each.kept ?? []);
      return {
        changed: restored.some(({ changed }) => changed),
        summary: restored.map((each) => each.kept ?? each.summary).join(', '),
        ...(kept.length === 0 ? {} : { kept: kept.join(', ') }),
      };
    },
    async isLive(ctx, { projects }) {
      const same = Object.entries(projects).map(
        async ([name, { applied }]) => String((await records.get(ctx, name))?.applied) === String(applied),
      );
      return (await Promise.all(same)).every(Boolean);
    },
    compare: async (ctx, value) =>
      (
        await each(
          value,
          async (project, _name, { applied }) => {
            const { ids } = await withProject(ctx, project, (opened) => opened.applied(), { looks: true });
            return [
              ...ids.filter((id) => !applied.includes(id)).map((id) => `${project.dir}: ${id} is applied, and was not`),
              ...applied.filter((id) => !ids.includes(id)).map((id) => `${project.dir}: ${id} was applied, and is not`),
            ];
          },
          ctx,
        )
      ).flat(),
  };
}

/** Back to what a snapshot holds, with the files and schemas that were kept since. */
async function targetOf(ctx: Context, { records, objects, settings }: Parts, name: string, then: Applied): Promise<Target> {
  const now = (await records.get(ctx, name)) ?? then;
  const schemas = { ...then.schemas, ...now.schemas };
  return {
    applied: then.applied,
    packed: await objects.get(now.files),
    schemaAfter: async (id) => {
      const key = schemas[id ?? ''];
      return key === undefined ? undefined : keptSchema(objects, key);
    },
    begun: [],
    preservesData: settings.preservesData,
  };
}
