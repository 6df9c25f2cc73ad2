import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Context, type Finding, isShipError, type Restored } from '@ship/core';
import type { Configuration, Parts } from '../applied.js';
import { errors } from '../errors.js';
import { type Job, pullState, unsavedState, type WorkingFolder } from '../files/working-folder.js';
import type { PlanDocument } from '../tool/plan-document.js';
import { readState, type State } from '../tool/state.js';
import type { Terraform } from '../tool/terraform.js';
import { lineOf } from './judge.js';
import { outsideFinding } from './provisioners.js';
import { expectedOf, foreignWorld, type RollbackTarget, stateProblem } from './target.js';
import type { Departures, Expected } from './truth.js';
import { addedSince, destroyedFirst, isCircular, type Planned, planDestroy, planTarget, withLive, withTarget } from './way-back.js';

/** Can the infrastructure be rolled back, and what would that do? Changes nothing. */
export async function admitRollback(ctx: Context, target: RollbackTarget): Promise<Finding[]> {
  const { dir, cwd } = target.stack;
  const foreign = foreignWorld(ctx, target);
  if (foreign !== undefined) return [foreign];
  try {
    const { findings, first } = await withTarget(ctx, target, async (working) => {
      const state = await working.terraform.pull();
      const problem = stateProblem(target, state) ?? outsideProblem(target, working);
      if (problem !== undefined) return { findings: [problem], first: [] };
      if (unsavedState(cwd)) return { findings: [unsavedFinding(dir)], first: [] };
      if (state === undefined && target.before !== undefined) return { findings: [lostFinding(dir)], first: [] };
      const expected = await expectedOf(working, target);
      try {
        const planned = await planTarget(working, target, expected, false);
        return { findings: findingsOf(target, planned, state), first: destroyedFirst(target, state, expected) };
      } catch (error) {
        const added = addedSince(target, state, expected);
        if (!isCircular(error) || added.length === 0) throw error;
        return { findings: [circleFinding(dir)], first: added };
      }
    });
    if (first.length === 0) return findings;
    const destroyed = await withLive(ctx, target, (working) => planDestroy(working, target, first, false));
    return [...findingsOf(target, destroyed, undefined), ...findings];
  } catch (error) {
    const prevented = refusalIn(error);
    if (prevented === undefined) throw error;
    return [{ level: 'block', rule: 'terraform-refused', message: `${dir}: ${prevented}` }];
  }
}

function findingsOf(target: RollbackTarget, { plan, verdict, blocks, departures, outside }: Planned, state: State | undefined): Finding[] {
  const { dir } = target.stack;
  const finding = (level: Finding['level'], rule: string, message: string): Finding => ({ level, rule, message: `${dir}: ${message}` });
  const tainted = state?.tainted ?? [];
  const isChanged = state !== undefined && target.recorded !== undefined && state.serial !== target.recorded;
  const changed = `the state was changed since ship had applied it (serial ${target.recorded}, now ${state?.serial}), by hand, by another tool, or by a run that was cut off: that goes back, too`;
  return [
    ...(isChanged ? [finding('warn', 'terraform-changed', changed)] : []),
    finding('info', 'terraform-plan', plan.differs ? `the way back: ${verdict.summary}` : 'unchanged'),
    ...verdict.lines.map((line) => finding('info', 'terraform-plan', `would ${line}`)),
    ...plan.moves.map(({ from, to }) => finding('info', 'terraform-plan', `would call ${from} ${to} again`)),
    ...(tainted.length > 0 ? [finding('info', 'terraform-tainted', `failed half way, and is made anew: ${tainted.join(', ')}`)] : []),
    ...plan.drift.map((drift) => finding('warn', 'terraform-drift', `reality has left the state: ${driftLine(drift)}`)),
    ...verdict.warnings.map((warning) => finding('warn', 'terraform-stateful', warning)),
    ...outsideFinding(dir, outside),
    ...blocks.map((block) => finding('block', 'terraform-stateful', block)),
    ...departureFindings(target, departures),
  ];
}

/** What would be another world than the one that was there is refused; values of other stacks may still go back themselves. */
function departureFindings(target: RollbackTarget, { addresses, values }: Departures): Finding[] {
  const { stack, configuration, changedSince, rotated = [] } = target;
  const others = rotated.length === 0 ? undefined : `${rotated.join(', ')} had another value then, which nothing keeps`;
  const why = [changedSince, others].filter((each) => each !== undefined).map((each) => `, for ${each}`);
  const message = (lines: readonly string[]) =>
    `${stack.dir}: going back would not make it what it was${why.join('')}: ${lines.join('; ')}`;
  const mayFollow = configuration.reads.length > 0 && changedSince === undefined;
  const refused = [...addresses, ...(mayFollow ? [] : values)];
  return [
    ...(refused.length === 0 ? [] : [{ level: 'block' as const, rule: 'terraform-truth', message: message(refused) }]),
    ...(mayFollow && values.length > 0
      ? [
          {
            level: 'info' as const,
            rule: 'terraform-reads',
            message: `${stack.dir}: reads what other stacks put out, and is planned once more when these have gone back: ${values.join('; ')}`,
          },
        ]
      : []),
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
  message: `${dir}: the state was lost when its apply was cut off; the captured one is put in its place first, and nothing records what was made since then`,
});

const circleFinding = (dir: string): Finding => ({
  level: 'info',
  rule: 'terraform-plan',
  message: `${dir}: its changes wait for each other, so what is new is destroyed first, and only then the rest can be planned`,
});

function outsideProblem({ stack }: RollbackTarget, { changedOutside }: WorkingFolder): Finding | undefined {
  if (changedOutside.length === 0) return undefined;
  const message = `${stack.dir}: reads files outside of the project, which are not what they were, and are not kept: ${changedOutside.join(', ')}`;
  return { level: 'block', rule: 'terraform-files', message };
}

/** How a resource differs from its state. */
export const driftLine = (drift: PlanDocument['drift'][number]): string =>
  lineOf(drift)
    .replace(/^destroy (\S+)/, '$1 is gone')
    .replace(/^update /, '');

/** Does work that changes the state. Where that fails half way, the record says all the same how ship has left it. */
export async function noting<T>(ctx: Context, { records }: Pick<Parts, 'records'>, job: Job, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const applied = await records.get(ctx, job.stack.name);
    const state = applied === undefined || ctx.signal.aborted ? undefined : await pullState(ctx, job, applied).catch(() => undefined);
    await records.touched(ctx, job.stack.name, state);
    throw error;
  }
}

/** Applies the captured configuration, if that destroys nothing that it must not; then plans once more, to verify it. */
export async function rollBack(ctx: Context, target: RollbackTarget): Promise<{ restored: Restored; state: State | undefined }> {
  const { dir } = target.stack;
  refuse(dir, foreignWorld(ctx, target));
  const { first, added } = await withTarget(ctx, target, async (working) => {
    await pushUnsaved(working.terraform, target.stack.cwd);
    await restoreLostState(ctx, working, target);
    const state = await working.terraform.pull();
    refuse(dir, stateProblem(target, state) ?? outsideProblem(target, working));
    const expected = await expectedOf(working, target);
    return { first: destroyedFirst(target, state, expected), added: addedSince(target, state, expected) };
  });
  const before = await destroyFirst(ctx, target, first);
  try {
    return await applyAfter(ctx, target, before);
  } catch (error) {
    if (!isCircular(error) || added.length === first.length) throw error;
    return applyAfter(ctx, target, await destroyFirst(ctx, target, added));
  }
}

/** Destroys with the configuration that made them. Answers what was done, in words; undefined where nothing is to be destroyed so. */
async function destroyFirst(ctx: Context, target: RollbackTarget, addresses: readonly string[]): Promise<string | undefined> {
  const { dir } = target.stack;
  if (addresses.length === 0) return undefined;
  return withLive(ctx, target, async (working) => {
    const planned = await orRefused(dir, () => planDestroy(working, target, addresses, true));
    refuse(dir, ...findingsOf(target, planned, undefined));
    await applySaving(working, target.live!, planned.file);
    return inThePast(planned.verdict.summary);
  });
}

async function applyAfter(
  ctx: Context,
  target: RollbackTarget,
  before: string | undefined,
): Promise<{ restored: Restored; state: State | undefined }> {
  return withTarget(ctx, target, async (working) => {
    const restored = await applyTarget(working, target, await expectedOf(working, target), false);
    const all = before === undefined ? restored : { changed: true, summary: `${target.stack.dir}: ${before}; ${restored.summary}` };
    const state = await working.terraform.pull();
    const older = (state?.deposed ?? []).filter((address) => !(readState(target.before ?? '')?.deposed ?? []).includes(address));
    if (older.length > 0)
      throw errors.SHIP_TERRAFORM_UNPROVEN({
        dir: target.stack.dir,
        left: older.map((address) => `the older one of ${address} stands still`),
      });
    return { restored: all, state };
  });
}

/** When all stacks have gone back: one that reads what others put out may have to follow them. Proves it. */
export async function followOthers(ctx: Context, target: RollbackTarget): Promise<State | undefined> {
  return withTarget(ctx, target, async (working) => {
    await applyTarget(working, target, await expectedOf(working, target), true);
    return working.terraform.pull();
  });
}

async function applyTarget(
  working: WorkingFolder,
  target: RollbackTarget,
  expected: Expected | undefined,
  isLast: boolean,
): Promise<Restored> {
  const { dir } = target.stack;
  const planned = await orRefused(dir, () => planTarget(working, target, expected, true));
  refuse(dir, ...findingsOf(target, planned, undefined));
  const { plan, verdict, file, outside } = planned;
  if (!plan.differs) {
    if (isLast) proven(target, planned);
    return { changed: false, summary: `${dir} unchanged` };
  }
  const again =
    outside.length === 0 ? '' : `; provisioners ran again: ${outside.join('; ')}. What they do outside of the state is not proven`;
  const restored = {
    changed: true,
    summary: `${dir}: ${again === '' ? '' : 'the configuration is as it was, '}${inThePast(verdict.summary)}${again}`,
  };
  const forgotten = plan.changes.filter(({ kind, address }) => kind === 'forget' && target.forgets?.includes(address));
  if (forgotten.length > 0) {
    // Imported resources leave the state first, so that no plan can destroy them. That makes the plan out of date.
    const nowOf = (address: string) => plan.moves.find(({ to }) => to === address)?.from ?? address;
    await working.terraform.forget(forgotten.map(({ address }) => nowOf(address)));
    await applyTarget(working, target, expected, isLast);
    return restored;
  }
  await applySaving(working, target.configuration, file);
  let after = await planTarget(working, target, expected, true, plan);
  if (isOfOlderOnes(after.plan)) {
    // Where only some addresses are applied, Terraform may leave the older one of what it makes anew.
    await applySaving(working, target.configuration, after.file);
    after = await planTarget(working, target, expected, true, plan);
  }
  if (after.plan.differs) {
    const left = [...after.plan.changes.map(lineOf), ...after.plan.outputs.map((name) => `output ${name}`)];
    throw errors.SHIP_TERRAFORM_UNPROVEN({ dir, left });
  }
  if (isLast || target.configuration.reads.length === 0) proven(target, after);
  return restored;
}

const isOfOlderOnes = ({ changes, outputs }: PlanDocument): boolean =>
  changes.length > 0 && changes.every(({ isDeposed }) => isDeposed) && outputs.length === 0;

/** What is there now must be what was there. */
function proven({ stack: { dir } }: RollbackTarget, { departures: { addresses, values } }: Planned): void {
  const left = [...addresses, ...values.map((each) => `${each} is another one than it was`)];
  if (left.length > 0) throw errors.SHIP_TERRAFORM_UNPROVEN({ dir, left });
}

/** Refuses where a finding blocks. */
function refuse(dir: string, ...findings: readonly (Finding | undefined)[]): void {
  const blocks = findings.flatMap((each) => (each?.level === 'block' ? [each.message.replace(`${dir}: `, '')] : []));
  if (blocks.length > 0) throw errors.SHIP_TERRAFORM_REFUSED({ dir, blocks });
}

/** Pushes the captured state to a backend that has lost its own, as a file does when its writer is killed. */
async function restoreLostState(
  ctx: Context,
  { terraform, folder }: WorkingFolder,
  { stack, before, isCutOff, rotated = [] }: RollbackTarget,
): Promise<void> {
  if (before === undefined || !isCutOff || (await terraform.pull()) !== undefined) return;
  if (rotated.length > 0) {
    const blocks = [`the state is gone, and cannot be put back: it held ${rotated.join(', ')}, which had another value then`];
    throw errors.SHIP_TERRAFORM_REFUSED({ dir: stack.dir, blocks });
  }
  const file = join(folder, 'captured.tfstate');
  writeFileSync(file, before, { mode: 0o600 });
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

/** Where Terraform refuses to plan, because of `prevent_destroy`, the rollback is refused. */
async function orRefused<T>(dir: string, plan: () => Promise<T>): Promise<T> {
  try {
    return await plan();
  } catch (error) {
    // Another way may be tried for it.
    const prevented = isCircular(error) ? undefined : preventedBy(error);
    throw prevented === undefined ? error : errors.SHIP_TERRAFORM_REFUSED({ dir, blocks: [prevented] }, { cause: error });
  }
}

/** Why there is no way back, where the error says so; undefined where it says only that nobody knows. */
function refusalIn(error: unknown): string | undefined {
  return isShipError(error) && error.code === 'SHIP_TERRAFORM_MOVED' ? error.message : preventedBy(error);
}

function preventedBy(error: unknown): string | undefined {
  const { message = '' } = error as Partial<Error>;
  if (isCircular(error)) return 'Terraform cannot plan it: the changes wait for each other, in a circle';
  if (/ship_moved\.tf\.json|Cyclic dependency in move|excluded by targeting/.test(message))
    return `what was renamed since cannot have its old name again: ${message}`;
  if (!message.includes('Instance cannot be destroyed')) return undefined;
  const [, address] = /Resource (\S+) has lifecycle\.prevent_destroy/.exec(message) ?? [];
  return `would destroy ${address ?? 'a resource'}, which prevent_destroy protects`;
}

/** Applies a plan. A state that could not be saved is pushed at once: it alone knows what was made. */
export async function applySaving(
  { terraform, varFiles }: WorkingFolder,
  { ephemeral }: Pick<Configuration, 'ephemeral'>,
  planFile: string,
  onProgress: Parameters<Terraform['apply']>[2] = () => {},
): Promise<void> {
  try {
    await terraform.apply(planFile, ephemeral.length > 0 ? varFiles : [], onProgress);
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
  throw errors.SHIP_TERRAFORM_STATE_UNSAVED({ file, problem: (problem as Error).message }, { cause: problem });
}
