import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding, Probed, Restored, StepContext } from '@ship/core';
import type { Applied, Configuration, Parts } from '../applied.js';
import { type Job, pullState, unsavedState } from '../files/working-folder.js';
import { admitRollback, followOthers, noting, rollBack } from '../rollback/rollback.js';
import { beforeOf, type Fingerprints } from '../rollback/rotated.js';
import type { RollbackTarget } from '../rollback/target.js';
import type { Stack } from '../stack.js';
import type { Move } from '../tool/plan-document.js';
import type { State } from '../tool/state.js';
import { ApplyProgress, unfinished } from './progress.js';

/** What each function of the actions works on. */
export interface StepJob extends Parts, Job {
  /** Everything is destroyed, as `terraform/destroy` does. */
  readonly destroy: boolean;
}

/** What was there before, and what is about to be applied. */
export type Before = {
  /** Of the state; null where there was none. */
  readonly lineage: string | null;
  readonly serial: number | null;
  /** What was managed. */
  readonly addresses: string[];
  /** Addresses that this apply imports; the resources were there before. */
  readonly imports?: string[];
  /** What this apply renames. */
  readonly moves?: Move[];
  /** What this apply takes out of the state, and leaves standing. */
  readonly forgotten?: string[];
  /** The key of the state as it was pulled: what the infrastructure was like. */
  readonly state: string | null;
  /** Of the secrets that it holds. */
  readonly fingerprints?: Fingerprints;
  /** What ship applied here before. */
  readonly applied: Applied | null;
  readonly next: Configuration;
  /** Would it change anything? */
  readonly differs: boolean;
};

/** What came of it. */
export type Result = { readonly summary: string; readonly serial: number | null };

/** Who applies: the run and the step. */
export const byOf = ({ run, step }: StepContext): string => `${run}/${step.id}`;

/** Made by `capture`, applied by `run`. It holds values, so it lies where nobody else can read. */
export const planFileOf = ({ home }: Stack): string => join(home, 'next.tfplan');

/** How far an apply has come, by the state, the record of what was applied last, and the journal. */
export async function probed(ctx: StepContext, job: StepJob, before: Before): Promise<Probed> {
  const { stack, records, destroy } = job;
  const state = await pullState(ctx, job, before.next);
  const record = await records.get(ctx, stack.name);
  const isDone = destroy
    ? record === undefined && state?.addresses.length === 0
    : record?.by === byOf(ctx) && record.serial === state?.serial;
  if (isDone) return 'done';
  const isBegun = unfinished(ctx) !== undefined || unsavedState(stack.cwd) !== undefined;
  const isSame = (state?.serial ?? null) === before.serial && (state?.lineage ?? null) === before.lineage;
  return isSame && !isBegun ? 'untouched' : 'partial';
}

/** A Terraform that was killed may have made resources that its state does not know; only a person can look for them. */
function warnOfUnfinished(ctx: StepContext, stack: Stack, state: State | undefined): void {
  const unknown = unfinished(ctx)?.filter((address) => !state?.addresses.includes(address)) ?? [];
  if (unknown.length > 0)
    ctx.log.warn(`${stack.dir}: begun, and not reported as finished: ${unknown.join(', ')}. Look whether something of it is left`);
}

/** What a step is rolled back to; undefined where the configuration before is not known. */
async function targetOf(ctx: StepContext, { stack, tool, objects, destroy }: StepJob, before: Before): Promise<RollbackTarget | undefined> {
  const { applied: known, next, addresses, imports = [], moves = [], forgotten = [], lineage, serial, state } = before;
  const old = new Set([...addresses, ...moves.map(({ to }) => to)]);
  const shared = {
    stack,
    tool,
    objects,
    live: next,
    isNew: (address: string) => !old.has(address),
    forgets: imports,
    forgotten,
    moves,
    protected: next.protected,
    isCutOff: unfinished(ctx) !== undefined,
    targets: next.targets,
    ...(state === null ? {} : beforeOf(ctx, (await objects.get(state)).toString('utf8'), before.fingerprints)),
    ...(lineage === null ? {} : { lineage }),
  };
  const earlier = destroy ? (known ?? next) : known;
  if (earlier !== null) {
    const isChanged = known !== null && (known.serial !== serial || known.lineage !== lineage);
    const how = `the state was changed since ship had applied it (serial ${known?.serial}, then ${serial}), by hand, by another tool, or by a run that was cut off`;
    return { ...shared, configuration: earlier, destroy: false, ...(isChanged ? { changedSince: how } : {}) };
  }
  // What this run has made is all that there is, outputs too, whatever its targets were.
  return addresses.length === 0 ? { ...shared, configuration: next, destroy: true, targets: [] } : undefined;
}

/** Can it be restored, and what would that do? */
export async function admitted(ctx: StepContext, job: StepJob, before: Before): Promise<Finding[]> {
  const target = await targetOf(ctx, job, before);
  return target === undefined
    ? [{ level: 'warn', rule: 'terraform-unknown', message: unknownBefore(job.stack) }]
    : admitRollback(ctx, target);
}

const unknownBefore = ({ dir }: Stack): string =>
  `${dir} was not applied by ship before: the configuration that made what was there is not known, so it stays as it is`;

/** Restores it, and records that this is what is applied now. */
export async function restored(ctx: StepContext, job: StepJob, before: Before): Promise<Restored> {
  const { stack } = job;
  const target = await targetOf(ctx, job, before);
  if (target === undefined) return { changed: false, kept: unknownBefore(stack) };
  const { restored: answer, state } = await noting(ctx, job, job, () => rollBack(ctx, target));
  await recordBefore(ctx, job, before, state);
  warnOfUnfinished(ctx, stack, state);
  await new ApplyProgress(ctx).end();
  rmSync(planFileOf(stack), { force: true });
  return answer;
}

/** When all that the run did is back: a stack that reads the outputs of others follows them, and is proven. */
export async function settled(ctx: StepContext, job: StepJob, before: Before): Promise<void> {
  const target = await targetOf(ctx, job, before);
  if (target === undefined || target.destroy || target.configuration.reads.length === 0) return;
  await recordBefore(ctx, job, before, await noting(ctx, job, job, () => followOthers(ctx, target)));
}

async function recordBefore(
  ctx: StepContext,
  { stack, records }: StepJob,
  { applied: known }: Before,
  state: State | undefined,
): Promise<void> {
  if (known === null || state === undefined) await records.remove(ctx, stack.name);
  else await records.put(ctx, stack.name, { ...known, lineage: state.lineage, serial: state.serial });
}
