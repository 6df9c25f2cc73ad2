import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import { sideBySide } from '../graph.js';
import type { AnyAction, Executor, Finding, Json, JsonObject, Probed, Restored, StepContext } from '../types/index.js';

/** What was captured of a step that runs on several targets: the targets themselves, and what each had. */
type Captured = { readonly targets: readonly string[]; readonly before: Readonly<Record<string, Json>> };

/** What an action is asked with about a target, and what all of them are asked with. */
type Asks<T> = (ctx: StepContext, before: Json, result: Json | undefined, input: JsonObject) => Promise<T> | T;
type Acts = [ctx: StepContext, captured: Captured, result: Json | undefined, input: JsonObject];

/** How far one target is; absent: it was never begun. */
type Progress = { readonly state: 'began' | 'done' | 'restored'; readonly result?: Json };

/** An action on each target of a place. */
export interface FannedOut extends AnyAction {
  /** Puts back the targets that are half done, so that a run can go on with all that are not done. */
  restoreUnfinished(ctx: StepContext, before: Json, input: JsonObject): Promise<void>;
}

const progressOf = (ctx: StepContext, target: string): Progress | undefined => ctx.progressed[target] as Progress | undefined;
const isTouched = (progress: Progress | undefined): boolean => progress?.state === 'began' || progress?.state === 'done';

/**
 * The action on each target of its place, at most `limit` at a time. How far each is stands in the journal: after a crash
 * those that are done stay so, and a rollback goes to those alone that were begun.
 */
export function onEachTarget(action: AnyAction, place: string, executor: Executor, limit: number): FannedOut {
  const each = (targets: readonly string[], work: (target: string) => Promise<unknown>) => sideBySide(targets, () => [], limit, work);
  const restoreAll = async (ctx: StepContext, { before, targets }: Captured, input: JsonObject): Promise<Restored> => {
    const failed: string[] = [];
    const restored: Restored[] = [];
    await each([...targets].reverse(), async (target) => {
      try {
        restored.push(await restoreAt(action, ctx, target, before[target] ?? null, input));
        await ctx.progress(target, { ...progressOf(ctx, target), state: 'restored' });
      } catch (error) {
        failed.push(`${target}: ${messageOf(error)}`);
      }
    });
    if (failed.length > 0) throw errors.SHIP_TARGETS_LEFT({ step: ctx.step.id, failed, of: targets.length });
    const kept = restored.find((one) => one.kept !== undefined)?.kept;
    const names = `${targets.length === 1 ? targets[0] : `${targets.length} targets`} of ${place}`;
    return { changed: restored.some(({ changed }) => changed), summary: names, ...(kept === undefined ? {} : { kept }) };
  };
  const touched = (ctx: StepContext, { targets }: Captured) => targets.filter((target) => isTouched(progressOf(ctx, target)));
  /** Asks about some targets, each with what was captured there. */
  const askedAt =
    <T>(ask: Asks<T>, which: (ctx: StepContext, captured: Captured) => readonly string[]) =>
    (ctx: StepContext, captured: Captured, _result: Json | undefined, input: JsonObject): Promise<T[]> =>
      Promise.all(
        which(ctx, captured).map((target) =>
          named(target, () => ask(ctx.at(target), captured.before[target] ?? null, progressOf(ctx, target)?.result, input)),
        ),
      );
  const begun = (ctx: StepContext, { targets }: Captured) => targets.filter((target) => progressOf(ctx, target) !== undefined);
  const { admit, goesFirst, settle, probe, restore } = action;
  return {
    ...action,
    async capture(ctx: StepContext, input: JsonObject): Promise<Json> {
      const targets = [...((await executor.targets?.(ctx)) ?? [])];
      if (targets.length === 0) throw errors.SHIP_TARGETS_NONE({ step: ctx.step.id, place });
      const before: Record<string, Json> = {};
      await each(targets, async (target) => {
        before[target] = (await named(target, () => action.capture?.(ctx.at(target), input))) ?? null;
      });
      return { targets, before };
    },
    async run(ctx: StepContext, input: JsonObject, captured: Captured): Promise<Json> {
      await each(captured.targets, async (target) => {
        if (progressOf(ctx, target)?.state === 'done') return;
        await ctx.progress(target, { state: 'began' });
        const result = await named(target, () => action.run(ctx.at(target), input, captured.before[target] ?? null));
        await ctx.progress(target, { state: 'done', result: (result ?? null) as Json });
      });
      return null;
    },
    async probe(ctx: StepContext, input: JsonObject, captured: Captured): Promise<Probed | undefined> {
      const begun = touched(ctx, captured);
      if (begun.length === 0) return 'untouched';
      if (probe === undefined) return undefined;
      const found = await Promise.all(
        begun.map((target) => named(target, () => probe(ctx.at(target), input, captured.before[target] ?? null))),
      );
      if (found.every((one) => one === 'untouched')) return 'untouched';
      return begun.length === captured.targets.length && found.every((one) => one === 'done') ? 'done' : 'partial';
    },
    ...(admit ? { admit: async (...acts: Acts) => (await askedAt<readonly Finding[]>(admit, touched)(...acts)).flat() } : {}),
    ...(goesFirst ? { goesFirst: async (...acts: Acts) => (await askedAt<boolean>(goesFirst, touched)(...acts)).includes(true) } : {}),
    ...(settle ? { settle: async (...acts: Acts) => void (await askedAt<void>(settle, begun)(...acts)) } : {}),
    ...(restore
      ? {
          restore: (ctx: StepContext, captured: Captured, _result: Json | undefined, input: JsonObject) =>
            restoreAll(ctx, { ...captured, targets: touched(ctx, captured) }, input),
        }
      : {}),
    async restoreUnfinished(ctx, before, input) {
      const captured = before as unknown as Captured;
      const half = captured.targets.filter((target) => progressOf(ctx, target)?.state === 'began');
      if (half.length > 0) await restoreAll(ctx, { ...captured, targets: half }, input);
    },
  } as FannedOut;
}

/** Puts one target back, unless nothing happened there. */
async function restoreAt(action: AnyAction, ctx: StepContext, target: string, before: Json, input: JsonObject): Promise<Restored> {
  const there = ctx.at(target);
  // What is unknown is restored: restores are idempotent.
  const probed = await Promise.resolve(action.probe?.(there, input, before)).catch(() => undefined);
  if (probed === 'untouched') return { changed: false };
  if (action.restore === undefined) return { changed: false, kept: `${ctx.step.uses} has no restore` };
  return (await action.restore(there, before, progressOf(ctx, target)?.result, input)) ?? { changed: true };
}

/** What fails says where. */
async function named<T>(target: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw errors.SHIP_TARGET_FAILED({ target, message: messageOf(cause) }, { cause });
  }
}
