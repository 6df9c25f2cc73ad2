import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context, Finding, Restored } from '@ship/core';
import { keptText } from './applied.js';
import { errors } from './errors.js';
import { judge, lineOf, type Verdict } from './judge.js';
import type { PlanDocument } from './plan-document.js';
import type { State } from './state.js';
import { forgetIfImported, openTarget, type RollbackTarget } from './target.js';
import type { Terraform } from './terraform.js';
import { unsavedState, type WorkingFolder } from './working-folder.js';

/** Can the infrastructure be rolled back, and what would that do? Reads only. */
export async function admitRollback(ctx: Context, target: RollbackTarget): Promise<Finding[]> {
  const { dir } = target.stack;
  const working = await openTarget(ctx, target);
  try {
    const state = await working.terraform.pull();
    const lineage = lineageProblem(target, state);
    if (lineage !== undefined) return [{ level: 'block', rule: 'terraform-lineage', message: lineage.message }];
    if (unsavedState(target.stack.cwd)) return [unsavedFinding(dir)];
    if (state === undefined && target.state !== undefined) return [lostFinding(dir)];
    return await planFindings(working, target, state);
  } finally {
    working.close();
  }
}

async function planFindings(working: WorkingFolder, target: RollbackTarget, state: State | undefined): Promise<Finding[]> {
  const { dir } = target.stack;
  const finding = (level: Finding['level'], rule: string, message: string): Finding => ({ level, rule, message: `${dir}: ${message}` });
  let planned: Planned;
  try {
    planned = await planTarget(working, target, false);
  } catch (error) {
    const prevented = preventedBy(error);
    if (prevented === undefined) throw error;
    return [finding('block', 'terraform-stateful', prevented)];
  }
  const { plan, verdict } = planned;
  const tainted = state?.tainted ?? [];
  return [
    finding('info', 'terraform-plan', plan.differs ? `the way back: ${verdict.summary}` : 'unchanged'),
    ...verdict.lines.map((line) => finding('info', 'terraform-plan', `would ${line}`)),
    ...plan.moves.map(({ from, to }) => finding('info', 'terraform-plan', `would call ${from} ${to} again`)),
    ...(tainted.length > 0 ? [finding('info', 'terraform-tainted', `failed half way, and is made anew: ${tainted.join(', ')}`)] : []),
    ...plan.drift.map((drift) => finding('warn', 'terraform-drift', `reality has left the state: ${driftLine(drift)}`)),
    ...verdict.warnings.map((warning) => finding('warn', 'terraform-stateful', warning)),
    ...verdict.blocks.map((block) => finding('block', 'terraform-stateful', block)),
  ];
}

const unsavedFinding = (dir: string): Finding => ({
  level: 'info',
  rule: 'terraform-state',
  message: `${dir}: errored.tfstate is there, and is pushed first; what the rollback would do is known only after that`,
});

const lostFinding = (dir: string): Finding => ({
  level: 'warn',
  rule: 'terraform-state',
  message: `${dir}: the state is gone; the captured one is put in its place first, and nothing records what was made since then`,
});

/** How a resource differs from its state. */
export const driftLine = (drift: PlanDocument['drift'][number]): string =>
  lineOf(drift)
    .replace(/^destroy (\S+)/, '$1 is gone')
    .replace(/^update /, '');

/** Applies the captured configuration, if that destroys nothing that it must not; then plans once more, to verify it. */
export async function rollBack(ctx: Context, target: RollbackTarget): Promise<{ restored: Restored; state: State | undefined }> {
  const working = await openTarget(ctx, target);
  try {
    await pushUnsaved(working.terraform, target.stack.cwd);
    await restoreLostState(ctx, working, target);
    const problem = lineageProblem(target, await working.terraform.pull());
    if (problem !== undefined) throw problem;
    const restored = await applyTarget(working, target);
    return { restored, state: await working.terraform.pull() };
  } finally {
    working.close();
  }
}

async function applyTarget(working: WorkingFolder, target: RollbackTarget): Promise<Restored> {
  const { dir } = target.stack;
  const { plan, verdict, file } = await orRefused(dir, () => planTarget(working, target, true));
  if (!plan.differs) return { changed: false, summary: `${dir} unchanged` };
  if (verdict.blocks.length > 0) throw errors.SHIP_TERRAFORM_REFUSED({ dir, blocks: verdict.blocks });
  const restored = { changed: true, summary: `${dir}: ${inThePast(verdict.summary)}` };
  const forgotten = plan.changes.filter(({ kind, address }) => kind === 'forget' && target.forgets?.includes(address));
  if (forgotten.length > 0) {
    // Imported resources leave the state first, so that no plan can destroy them. That makes the plan out of date.
    const nowOf = (address: string) => plan.moves.find(({ to }) => to === address)?.from ?? address;
    await working.terraform.forget(forgotten.map(({ address }) => nowOf(address)));
    await applyTarget(working, target);
    return restored;
  }
  await applySaving(working.terraform, file);
  const { plan: after } = await planTarget(working, target, true);
  if (after.differs) {
    const left = [...after.changes.map(lineOf), ...after.outputs.map((name) => `output ${name}`)];
    throw errors.SHIP_TERRAFORM_UNPROVEN({ dir, left });
  }
  return restored;
}

/** Pushes the captured state to a backend that has lost its own, as a file does when its writer is killed. */
async function restoreLostState(
  ctx: Context,
  { terraform, folder }: WorkingFolder,
  { stack, state, objects }: RollbackTarget,
): Promise<void> {
  if (state === undefined || (await terraform.pull()) !== undefined) return;
  const file = join(folder, 'captured.tfstate');
  writeFileSync(file, await keptText(ctx, objects, state), { mode: 0o600 });
  await terraform.push(file);
  ctx.log.warn(`the state of ${stack.dir} was lost, and the captured one was put in its place: nothing records what was made since then`);
}

const inThePast = (summary: string): string =>
  summary.replace(/ to (create|update|replace|destroy|forget)/g, (_, verb: string) => ` ${PAST[verb]}`);

const PAST: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'updated',
  replace: 'replaced',
  destroy: 'destroyed',
  forget: 'forgotten',
};

interface Planned {
  readonly plan: PlanDocument;
  readonly verdict: Verdict;
  readonly file: string;
}

async function planTarget({ terraform, varFiles, folder }: WorkingFolder, target: RollbackTarget, locks: boolean): Promise<Planned> {
  const { destroy, configuration, stack, isNew } = target;
  const file = join(folder, 'rollback.tfplan');
  const found = await terraform.plan({ out: file, varFiles, targets: configuration.targets, destroy, locks });
  const plan = { ...found, changes: found.changes.map((change) => forgetIfImported(change, target)) };
  const { stateful = [], stateless = [] } = stack.options;
  const holders = { stateful, stateless, protected: [...configuration.protected, ...target.protected] };
  return { plan, file, verdict: judge(plan, holders, isNew) };
}

/** Where Terraform refuses to plan, because of `prevent_destroy`, the rollback is refused. */
async function orRefused<T>(dir: string, plan: () => Promise<T>): Promise<T> {
  try {
    return await plan();
  } catch (error) {
    const prevented = preventedBy(error);
    throw prevented === undefined ? error : errors.SHIP_TERRAFORM_REFUSED({ dir, blocks: [prevented] }, { cause: error });
  }
}

function preventedBy(error: unknown): string | undefined {
  const { message = '' } = error as Partial<Error>;
  if (!message.includes('Instance cannot be destroyed')) return undefined;
  const [, address] = /Resource (\S+) has lifecycle\.prevent_destroy/.exec(message) ?? [];
  return `would destroy ${address ?? 'a resource'}, which prevent_destroy protects`;
}

function lineageProblem({ stack, lineage }: RollbackTarget, state: State | undefined): Error | undefined {
  if (state === undefined || lineage === undefined || state.lineage === lineage) return undefined;
  return errors.SHIP_TERRAFORM_LINEAGE({ dir: stack.dir, found: state.lineage, captured: lineage });
}

/** Applies a plan. A state that could not be saved is pushed at once: it alone knows what was made. */
export async function applySaving(
  terraform: Terraform,
  planFile: string,
  onProgress: Parameters<Terraform['apply']>[1] = () => {},
): Promise<void> {
  try {
    await terraform.apply(planFile, onProgress);
  } catch (error) {
    await pushUnsaved(terraform, terraform.place.cwd);
    throw error;
  }
}

const PAUSES_MS = [0, 1_000, 3_000];

/** Pushes the state that an apply could not save. If that fails, it is kept in the folder of the module, where people look for it. */
async function pushUnsaved(terraform: Terraform, folder: string): Promise<void> {
  const file = unsavedState(folder);
  if (file === undefined) return;
  let problem: unknown;
  for (const wait of PAUSES_MS) {
    await pause(wait);
    try {
      await terraform.push(file);
      rmSync(file);
      return;
    } catch (error) {
      problem = error;
    }
  }
  const kept = join(terraform.stack.cwd, basename(file));
  if (kept !== file) copyFileSync(file, kept);
  throw errors.SHIP_TERRAFORM_STATE_UNSAVED({ file: kept, problem: (problem as Error).message }, { cause: problem });
}
