import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Action, Change, StepContext } from '@ship/core';
import { type Applied, type AppliedRecords, configurationOf, holdFor, keepText, objectsOf, type Parts } from '../applied.js';
import { errors } from '../errors.js';
import { createArchive, readArchive } from '../files/archive.js';
import { factsOf, readModules } from '../files/modules.js';
import { isSameEntry, readTree, Territory } from '../files/tree.js';
import { liveTerraform, openLive, unsavedState, type WorkingFolder } from '../files/working-folder.js';
import { holdsData, judge, lineOf } from '../rollback/judge.js';
import { applySaving } from '../rollback/rollback.js';
import { fingerprintsOf } from '../rollback/rotated.js';
import { type PlannedHashes, plannedHashes } from '../rollback/truth.js';
import { applyInput, destroyInput, type Options, type Stack, type StackInput, stackOf } from '../stack.js';
import type { PlanDocument } from '../tool/plan-document.js';
import type { State } from '../tool/state.js';
import { GRACE_MS } from '../tool/terraform.js';
import { findTool } from '../tool/tool.js';
import { ApplyProgress, unfinished } from './progress.js';
import { admitted, type Before, byOf, planFileOf, probed, type Result, restored, type StepJob, settled } from './undo.js';

/** `terraform/apply`: plans, and applies that very plan. `terraform/destroy`: the same, with nothing left. */
export function applyAction(parts: Parts, { destroy }: { destroy: boolean }): Action<StackInput, Before, Result> {
  const jobOf = async (ctx: StepContext, input: StackInput): Promise<StepJob> => ({
    ...parts,
    destroy,
    stack: stackOf(ctx, parts.options, input),
    tool: await findTool(ctx, parts.options.binary),
  });
  return {
    input: destroy ? destroyInput : applyInput,
    grace_ms: GRACE_MS + 10_000,
    ...(destroy ? { irreversible: 'what the infrastructure holds is destroyed with it' } : {}),
    preview: async (ctx, input) => previewed(ctx, await jobOf(ctx, input)),
    capture: async (ctx, input) => captured(ctx, await jobOf(ctx, input)),
    run: async (ctx, input, before) => applied(ctx, await jobOf(ctx, input), before),
    probe: async (ctx, input, before) => probed(ctx, await jobOf(ctx, input), before),
    admit: async (ctx, before, _result, input) => admitted(ctx, await jobOf(ctx, input), before),
    restore: async (ctx, before, _result, input) => restored(ctx, await jobOf(ctx, input), before),
    settle: async (ctx, before, _result, input) => settled(ctx, await jobOf(ctx, input), before),
    describeUndo: (_input, changes) => undoOf(changes),
    remedy: () => 'ship recover --back',
  };
}

async function captured(ctx: StepContext, job: StepJob): Promise<Before> {
  const { options, objects, records, stack, tool } = job;
  const left = unsavedState(stack.cwd);
  if (left !== undefined) throw errors.SHIP_TERRAFORM_STATE_LEFT({ file: left });
  const working = await openLive(ctx, job);
  try {
    const { terraform } = working;
    const state = await terraform.pull();
    const plan = await planNext(working, job);
    warnOfLosses(ctx, plan, options);
    await warnOfSharing(ctx, records, stack, state);
    const known = await records.get(ctx, stack.name);
    refuseSecondWorld(ctx, job, known, state);
    const modules = await readModules(terraform.place);
    const territory = await Territory.of(terraform.place, stack, ctx.dir, modules);
    const archive = createArchive(
      terraform.place,
      modules,
      readTree(territory, stack.dir),
      plannedHashes(plan, await plannedBefore(job, known)),
    );
    const forgotten = plan.changes.filter(({ kind }) => kind === 'forget').map(({ address }) => address);
    const before: Before = {
      lineage: state?.lineage ?? null,
      serial: state?.serial ?? null,
      addresses: [...(state?.addresses ?? [])],
      ...(plan.imports.length === 0 ? {} : { imports: [...plan.imports] }),
      ...(plan.moves.length === 0 ? {} : { moves: [...plan.moves] }),
      state: state === undefined ? null : await keepText(ctx, objects, Buffer.from(state.text)),
      ...(state === undefined ? {} : { fingerprints: fingerprintsOf(ctx, ctx.refer(state.text)) }),
      ...(forgotten.length === 0 ? {} : { forgotten }),
      applied: known ?? null,
      next: await configurationOf(ctx, objects, { stack, place: terraform.place, tool, archive, facts: factsOf(modules), plan }),
      differs: plan.differs,
    };
    const { next, state: kept } = before;
    await holdFor(ctx, objects, `${stack.name}-${ctx.step.id}`, [
      ...objectsOf(next),
      ...(known === undefined ? [] : objectsOf(known)),
      ...(kept === null ? [] : [kept]),
    ]);
    return before;
  } finally {
    working.close();
  }
}

function planNext({ terraform, varFiles }: WorkingFolder, { stack, destroy }: StepJob): Promise<PlanDocument> {
  return terraform.plan({ out: planFileOf(stack), varFiles, targets: stack.targets, locks: true, destroy });
}

/** What plans before this one have said. One that cannot be read any more keeps nobody from a deploy. */
async function plannedBefore({ objects }: StepJob, known: Applied | undefined): Promise<PlannedHashes> {
  if (known === undefined) return {};
  return objects.get(known.configuration).then(
    (bytes) => readArchive(bytes).planned,
    () => ({}),
  );
}

/** Where ship has applied before there is a state. Without it Terraform would make everything a second time, and call it a success. */
function refuseSecondWorld(
  ctx: StepContext,
  { stack, records, destroy }: StepJob,
  known: Applied | undefined,
  state: State | undefined,
): void {
  if (known === undefined || state !== undefined || destroy) return;
  const backend = known.backend === null ? 'its folder' : `its backend (${known.backend.type})`;
  throw errors.SHIP_TERRAFORM_STATE_GONE({ dir: stack.dir, backend, record: records.fileOf(ctx, stack.name) });
}

/** Two environments that share one state overwrite each other's infrastructure, and Terraform does not notice. */
async function warnOfSharing(ctx: StepContext, records: AppliedRecords, { name, dir }: Stack, state: State | undefined): Promise<void> {
  const others = state === undefined ? [] : await records.sharing(ctx, name, state.lineage);
  if (others.length > 0)
    ctx.log.warn(
      `the state of ${dir} is that of ${others.join(', ')}, too: give each environment a workspace or a backend of its own in the option \`environments\``,
    );
}

/** An apply may destroy anything; what no rollback brings back is warned of before it happens. */
function warnOfLosses({ log }: StepContext, plan: PlanDocument, { stateful = [], stateless = [] }: Parts['options']): void {
  const { blocks } = judge(plan, { stateful, stateless, protected: [] }, () => false);
  for (const block of blocks) log.warn(`this ${block}: no rollback brings that back`);
  for (const { address } of plan.changes.filter(({ kind }) => kind === 'forget'))
    log.warn(`this takes ${address} out of the state, and leaves it standing: no rollback takes it on again, only an import does`);
  for (const change of plan.changes.filter(({ address, kind }) => plan.imports.includes(address) && kind !== 'forget'))
    log.warn(`this would ${lineOf(change)}, which it imports: no rollback brings that back`);
}

async function applied(ctx: StepContext, job: StepJob, before: Before): Promise<Result> {
  const { stack, records, destroy } = job;
  const progress = new ApplyProgress(ctx);
  const isFresh = unfinished(ctx) === undefined && existsSync(planFileOf(stack));
  const working = await openLive(ctx, job, isFresh);
  try {
    const { terraform } = working;
    // An attempt before this one may have changed something, so its plan is out of date.
    const { differs } = isFresh ? before : await planNext(working, job);
    if (differs) {
      await progress.begin();
      await applyReporting(ctx, working, job, before, progress);
    }
    const state = await terraform.pull();
    if (destroy) await records.remove(ctx, stack.name);
    else if (state !== undefined) {
      const { lineage, serial } = state;
      const written = [...new Set([...(before.applied?.written ?? []), ...(await writtenSince(ctx, job, before))])].sort();
      const past = pastOf(before);
      await records.put(ctx, stack.name, {
        ...before.next,
        ...(written.length === 0 ? {} : { written }),
        lineage,
        serial,
        by: byOf(ctx),
        at: new Date().toISOString(),
        ...past,
      });
    }
    await progress.end();
    return {
      summary: differs ? `${stack.dir} ${destroy ? 'destroyed' : 'applied'}` : `${stack.dir} unchanged`,
      serial: state?.serial ?? null,
    };
  } finally {
    rmSync(planFileOf(stack), { force: true });
    working.close();
  }
}

/** What was imported and renamed up to now: a later rollback must know that it is the same resource. */
const pastOf = ({ applied, imports = [], moves = [], forgotten = [] }: Before): Pick<Applied, 'imports' | 'moves' | 'forgotten'> => ({
  imports: [...(applied?.imports ?? []), ...imports],
  moves: [...(applied?.moves ?? []), ...moves],
  forgotten: [...(applied?.forgotten ?? []).filter((address) => !imports.includes(address)), ...forgotten],
});

/** Files among those of the configuration that are not what was captured: Terraform, or what it ran, has written them. */
async function writtenSince(ctx: StepContext, { objects, stack, tool }: StepJob, { next }: Before): Promise<string[]> {
  const { place } = liveTerraform(ctx, stack, tool);
  const captured = new Map(readArchive(await objects.get(next.configuration)).entries.map((entry) => [entry.path, entry]));
  const now = readTree(await Territory.of(place, stack, ctx.dir, await readModules(place)), stack.dir).entries;
  return now.filter((entry) => !isSameEntry(entry, captured.get(entry.path))).map(({ path }) => path);
}

async function applyReporting(
  ctx: StepContext,
  working: WorkingFolder,
  { stack, records }: StepJob,
  { next }: Before,
  progress: ApplyProgress,
): Promise<void> {
  const { terraform } = working;
  try {
    await applySaving(working, next, planFileOf(stack), (each) => progress.note(each));
  } catch (error) {
    const state = ctx.signal.aborted ? undefined : await terraform.pull().catch(() => undefined);
    await records.touched(ctx, stack.name, state);
    const tainted = state?.tainted ?? [];
    if (tainted.length > 0) ctx.log.warn(`failed half way, and will be made anew by the next apply: ${tainted.join(', ')}`);
    throw error;
  } finally {
    await progress.written();
  }
}

/** What an apply would change, and how each change would be undone. */
async function previewed(ctx: StepContext, job: StepJob): Promise<Change[]> {
  const { options, stack, destroy } = job;
  const working = await openLive(ctx, job);
  try {
    const { terraform, varFiles, folder } = working;
    const plan = await terraform.plan({ out: join(folder, 'preview.tfplan'), varFiles, targets: stack.targets, destroy, locks: false });
    return plan.changes.length > 0 ? plan.changes.map((change) => judgedChange(change, options)) : [noResource(stack, plan)];
  } finally {
    working.close();
  }
}

const noResource = ({ dir }: Stack, { differs, outputs }: PlanDocument): Change =>
  differs
    ? { kind: 'update', what: `outputs of ${dir}: ${outputs.join(', ')}` }
    : { kind: 'update', what: `nothing in ${dir}: unchanged`, undo: 'nothing' };

function judgedChange(change: PlanDocument['changes'][number], { stateful = [], stateless = [] }: Options): Change {
  const { kind, address } = change;
  const data = holdsData(change, { stateful, stateless, protected: [] }) ? ', which may hold data' : '';
  const undo = {
    create: `destroys ${address}${data}`,
    update: `updates ${address} back`,
    replace: `replaces ${address} again${data}`,
    delete: `creates ${address} anew${data === '' ? '' : ', without what it held'}`,
    forget: `nothing: ${address} leaves the state and stands; only an import takes it on again`,
  }[kind];
  const what = lineOf(change).replace(/^\w+ /, '');
  return { kind: kind === 'forget' ? 'update' : kind, what, undo };
}

/** How the changes would be undone. A real plan of it can be made only after the apply. */
function undoOf(changes: readonly Change[]): string {
  const undos = changes.flatMap(({ undo }: Change) => (undo === undefined ? [] : [undo]));
  const plan = undos.length === 0 || undos[0] === 'nothing' ? '' : `: ${undos.join('; ')}`;
  return `applies the configuration before again, if that destroys nothing that holds data${plan}`;
}
