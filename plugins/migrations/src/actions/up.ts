import type { Action, Change, Finding, Probed, Restored, StepContext } from '@ship/core';
import { pack, withoutMigrations } from '../copies.js';
import { whileLocked } from '../database/lock.js';
import { errors } from '../errors.js';
import type { Migration } from '../migration.js';
import { type Opened, pendingOf, withProject } from '../opened.js';
import { type Options, type Project, type ProjectInput, projectInput, projectOf } from '../project.js';
import { type Applied, keepSchema, keptSchema, type Parts } from '../records.js';
import { chooseWay, named } from '../way-back/choose.js';
import { admitBack, forgetBegun, goBack, goesBackFirst } from '../way-back/go-back.js';
import { judgeAfter } from '../way-back/judge.js';
import { halfApplied, type Target } from '../way-back/plan.js';
import { type Contracting, contractProperties, isContraction, whyWait } from './contract.js';

/** The input of `migrations/up`. */
export interface UpInput extends ProjectInput {
  readonly contract?: Contracting;
}

/** What was there before. */
export type Before = {
  readonly applied: string[];
  /** What is about to be applied, oldest first. */
  readonly pending: string[];
  /** What waits, and why, by its id. */
  readonly waiting: { readonly [id: string]: string };
  /** The key of the folder. */
  readonly files: string;
  /** The key of the schema. */
  readonly schema: string;
};

/** What came of it. */
export type Result = { readonly applied: string[]; readonly waiting: string[]; readonly summary: string };

/** What the journal keeps of each migration. */
type Progressed = { readonly begun: true; readonly schema?: string };

/** `migrations/up`: applies what is not applied yet, one after the other, by the team's own tool. */
export function upAction(parts: Parts, options: Options): Action<UpInput, Before, Result> {
  const project = (ctx: StepContext, input: UpInput) => projectOf(ctx, options, input);
  return {
    input: projectInput('ship:migrations/up', contractProperties),
    goesOn: true,
    preview: (ctx, input) => withProject(ctx, project(ctx, input), (opened) => previewed(ctx, opened, input, parts), { looks: true }),
    describeUndo: (_input, changes) => (changes.length === 0 ? 'nothing would be applied' : undefined),
    capture: (ctx, input) => withProject(ctx, project(ctx, input), (opened) => captured(ctx, opened, input, parts), { looks: true }),
    run: (ctx, input, before) => ran(ctx, project(ctx, input), before, input, parts),
    probe: (ctx, input, before) => withProject(ctx, project(ctx, input), (opened) => probed(ctx, opened, before), { looks: true }),
    admit: async (ctx, before, _result, input): Promise<readonly Finding[]> =>
      admitBack(ctx, project(ctx, input), await targetOf(ctx, before, parts)),
    goesFirst: async (ctx, before, _result, input) => goesBackFirst(ctx, project(ctx, input), await targetOf(ctx, before, parts)),
    restore: async (ctx, before, _result, input): Promise<Restored> => {
      const restored = await goBack(ctx, project(ctx, input), await targetOf(ctx, before, parts), parts.dumps);
      await withProject(ctx, project(ctx, input), (opened) => recorded(ctx, opened, before, input, parts), { looks: true });
      return restored;
    },
  };
}

async function previewed(ctx: StepContext, opened: Opened, input: UpInput, parts: Parts): Promise<Change[]> {
  const { applied, project } = opened;
  const now = await applied();
  const { due } = await dueOf(ctx, opened, now.ids, input, parts);
  const { downs, level } = chooseWay(await judgeAfter(opened, now.ids, due, parts.settings.preservesData));
  return due.map((migration): Change => {
    const isDown = downs.some(({ id }) => id === migration.id);
    const undo =
      level === 'block'
        ? 'there is no way back: `ship migrations check` says why'
        : isDown
          ? 'its down runs'
          : 'it stays: the old code gets along with it';
    return { kind: 'update', what: `${project.dir}: ${named(migration)}`, undo };
  });
}

/** What is to be applied now, and what waits for the window of a rollback to be over, with why. */
async function dueOf(
  ctx: StepContext,
  opened: Opened,
  ids: readonly string[],
  { contract }: UpInput,
  { records }: Parts,
): Promise<{ due: Migration[]; waiting: Record<string, string> }> {
  const { migrations, project } = opened;
  const pending = pendingOf(migrations, { ids });
  if (contract === undefined) return { due: pending, waiting: {} };
  const known = (await records.get(ctx, project.name))?.waiting ?? {};
  for (const [index, migration] of pending.entries()) {
    const why = (await isContraction(opened, migration)) ? await whyWait(ctx, contract, known[migration.id]?.since) : undefined;
    if (why === undefined) continue;
    const later = pending.slice(index + 1).map(({ id }) => [id, `it comes after ${named(migration)}`]);
    return { due: pending.slice(0, index), waiting: Object.fromEntries([[migration.id, why], ...later]) };
  }
  return { due: pending, waiting: {} };
}

async function captured(ctx: StepContext, opened: Opened, input: UpInput, parts: Parts): Promise<Before> {
  const { applied, project, tool } = opened;
  const now = await applied();
  if (now.dirty !== undefined) throw errors.SHIP_MIGRATIONS_DIRTY({ tool: tool.name, ...now.dirty });
  const { due, waiting } = await dueOf(ctx, opened, now.ids, input, parts);
  const { objects } = parts;
  const files = await objects.put(pack(project.folder));
  const schema = await keepSchema(objects, await opened.schema());
  await objects.hold(`migrations-${ctx.environment}-${project.name}-next`, [files, schema]);
  return { applied: [...now.ids], pending: due.map(({ id }) => id), waiting, files, schema };
}

function ran(ctx: StepContext, project: Project, before: Before, input: UpInput, parts: Parts): Promise<Result> {
  return whileLocked(ctx, project, () =>
    withProject(ctx, project, async (opened) => {
      const start = await settled(ctx, opened, before, parts);
      const isOurs = (id: string) => before.applied.includes(id) || before.pending.includes(id);
      if (!before.applied.every((id) => start.includes(id)) || !start.every(isOurs))
        throw errors.SHIP_MIGRATIONS_STRAYED({
          dir: project.dir,
          problem: `since the step looked, somebody has changed what is applied: ${start.join(', ') || 'nothing'}`,
        });
      await applyAll(
        ctx,
        opened,
        before.pending.filter((id) => !start.includes(id)),
        parts,
      );
      await recorded(ctx, opened, before, input, parts);
      const waits = Object.entries(before.waiting).map(([id, why]) => `${id} waits: ${why}`);
      const done = before.pending.length === 0 ? 'nothing to apply' : `applied ${before.pending.join(', ')}`;
      for (const each of waits) ctx.log.info(`${project.dir}: ${each}`);
      return { applied: before.pending, waiting: Object.keys(before.waiting), summary: `${project.dir}: ${[done, ...waits].join('; ')}` };
    }),
  );
}

/** What an attempt before this one has begun and not applied must have left nothing. Answers what is applied. */
async function settled(ctx: StepContext, opened: Opened, before: Before, parts: Parts): Promise<readonly string[]> {
  const target = await targetOf(ctx, before, parts);
  const { ids } = await opened.applied();
  const left = await halfApplied(opened, target, ids);
  if (left.length > 0) throw errors.SHIP_MIGRATIONS_STRAYED({ dir: opened.project.dir, problem: left.join('; ') });
  await forgetBegun(opened, target);
  return ids;
}

/** One after the other; a tool that applies all at once, and cannot be shown less, is asked once. */
async function applyAll(ctx: StepContext, opened: Opened, pending: readonly string[], parts: Parts): Promise<void> {
  const { tool, migrations, project } = opened;
  if (tool.appliesAll !== true || tool.isFixed !== true) {
    for (const id of pending) await apply(ctx, opened, [id], parts);
    return;
  }
  const waiting = pendingOf(migrations, await opened.applied()).filter(({ id }) => !pending.includes(id));
  if (waiting.length > 0)
    throw errors.SHIP_MIGRATIONS_STRAYED({
      dir: project.dir,
      problem: `${tool.name} applies all at once, and ${waiting.map(named).join(', ')} must wait`,
    });
  if (pending.length > 0) await apply(ctx, opened, pending, parts);
}

/** Applies these, and sees that these alone are new. */
async function apply(ctx: StepContext, opened: Opened, wanted: readonly string[], { objects }: Parts): Promise<void> {
  const { tool, project, migrations, applied, call } = opened;
  const before = (await applied()).ids;
  const last = wanted.at(-1)!;
  for (const id of wanted) await ctx.progress(id, { begun: true } satisfies Progressed);
  const later = migrations.slice(migrations.findIndex(({ id }) => id === last) + 1).filter(({ id }) => !before.includes(id));
  if (tool.appliesAll === true && later.length > 0)
    await withoutMigrations(project.folder, later, (folder) => call(tool.up({ ...project, folder }, last)));
  else await call(tool.up(project, last));
  const now = await applied();
  if (now.dirty !== undefined) throw errors.SHIP_MIGRATIONS_DIRTY({ tool: tool.name, ...now.dirty });
  const isRight = now.ids.length === before.length + wanted.length && [...before, ...wanted].every((id) => now.ids.includes(id));
  if (!isRight)
    throw errors.SHIP_MIGRATIONS_STRAYED({
      dir: project.dir,
      problem: `${tool.name} was to apply ${wanted.join(', ')} alone, and applied is now ${now.ids.join(', ') || 'nothing'}`,
    });
  const schema = await keepSchema(objects, await opened.schema());
  for (const id of wanted) await ctx.progress(id, { begun: true, ...(id === last ? { schema } : {}) } satisfies Progressed);
}

async function probed(ctx: StepContext, { applied }: Opened, before: Before): Promise<Probed> {
  const { ids, dirty } = await applied();
  const isBegun = Object.keys(ctx.progressed).length > 0;
  if (dirty === undefined && String(ids) === String(before.applied) && !isBegun) return 'untouched';
  const last = before.pending.at(-1);
  const isSeen = last === undefined || (ctx.progressed[last] as Progressed | undefined)?.schema !== undefined;
  const isAll = isSeen && before.pending.every((id) => ids.includes(id));
  return dirty === undefined && isAll && ids.length === before.applied.length + before.pending.length ? 'done' : 'partial';
}

async function targetOf(ctx: StepContext, before: Before, { objects, settings }: Parts): Promise<Target> {
  const progressed = ctx.progressed as Readonly<Record<string, Progressed>>;
  const begun = before.pending.filter((id) => progressed[id] !== undefined);
  return {
    applied: before.applied,
    packed: await objects.get(before.files),
    schemaAfter: async (id) => {
      const key = id === before.applied.at(-1) ? before.schema : id === undefined ? undefined : progressed[id]?.schema;
      return key === undefined ? undefined : keptSchema(objects, key);
    },
    begun,
    preservesData: settings.preservesData,
  };
}

/** Writes down what is applied now, for snapshots. */
async function recorded(ctx: StepContext, { applied, project }: Opened, before: Before, input: UpInput, { records }: Parts): Promise<void> {
  const { ids } = await applied();
  const known = await records.get(ctx, project.name);
  const { contract: _, ...said } = input;
  const schemas: Record<string, string> = { ...known?.schemas, [before.applied.at(-1) ?? '']: before.schema };
  for (const [id, each] of Object.entries(ctx.progressed as Readonly<Record<string, Progressed>>))
    if (each.schema !== undefined) schemas[id] = each.schema;
  const isThere = (id: string) => id === '' || ids.includes(id);
  const record: Applied = {
    format: 1,
    input: ctx.refer(said),
    applied: [...ids],
    files: before.files,
    schemas: Object.fromEntries(Object.entries(schemas).filter(([id]) => isThere(id))),
    waiting: Object.fromEntries(
      Object.entries(before.waiting).map(([id, why]) => [id, { since: known?.waiting?.[id]?.since ?? new Date().toISOString(), why }]),
    ),
  };
  await records.put(ctx, project.name, record);
}
