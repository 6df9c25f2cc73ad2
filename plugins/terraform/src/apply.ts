import { existsSync, rmSync } from 'node:fs';
import type { Action, StepContext } from '@ship/core';
import { type Applied, type AppliedRecords, configurationOf, holdFor, objectsOf } from './applied.js';
import { applySaving } from './back.js';
import { type Before, byOf, type Parts, planFileOf, type Result } from './before.js';
import { errors } from './errors.js';
import { judge, lineOf } from './judge.js';
import { pack } from './pack.js';
import type { PlanDocument } from './plan-document.js';
import { previewed, undoOf } from './preview.js';
import { ApplyProgress, unfinished } from './progress.js';
import { applyInput, destroyInput } from './schema.js';
import { type Stack, type StackInput, stackOf } from './stack.js';
import type { State } from './state.js';
import { GRACE_MS, type Terraform } from './terraform.js';
import { findTool } from './tool.js';
import { admitted, probed, restored } from './undo.js';
import { openLive, unsavedState, type Workbench } from './work.js';

/** `terraform/apply`: plans, and applies that very plan. `terraform/destroy`: the same, with nothing left. */
export function applyAction(parts: Parts, { destroy }: { destroy: boolean }): Action<StackInput, Before, Result> {
  return {
    input: destroy ? destroyInput : applyInput,
    grace_ms: GRACE_MS + 10_000,
    ...(destroy ? { irreversible: 'what the infrastructure holds is destroyed with it' } : {}),
    preview: (ctx, input) => previewed(ctx, parts, input, destroy),
    capture: (ctx, input) => captured(ctx, parts, input, destroy),
    run: (ctx, input, before) => applied(ctx, parts, input, before, destroy),
    probe: (ctx, input, before) => probed(ctx, parts, input, before, destroy),
    admit: (ctx, before, _result, input) => admitted(ctx, parts, input, before, destroy),
    restore: (ctx, before, _result, input) => restored(ctx, parts, input, before, destroy),
    describeUndo: (_input, changes) => undoOf(changes),
    remedy: () => 'ship recover --back',
  };
}

async function captured(ctx: StepContext, parts: Parts, input: StackInput, destroy: boolean): Promise<Before> {
  const { options, objects, records } = parts;
  const stack = stackOf(ctx, options, input);
  const tool = await findTool(ctx, options.binary);
  const left = unsavedState(stack.cwd);
  if (left !== undefined) throw errors.SHIP_TERRAFORM_STATE_LEFT({ file: left });
  const bench = await openLive(ctx, stack, tool);
  try {
    const { terraform } = bench;
    const state = await terraform.pull();
    const plan = await planNext(bench, stack, destroy);
    warnOfLosses(ctx, plan, options);
    await warnOfSharing(ctx, records, stack, state);
    const packed = pack(terraform.place, { files: stack.varFiles, exclude: stack.exclude });
    const before: Before = {
      lineage: state?.lineage ?? null,
      serial: state?.serial ?? null,
      addresses: [...(state?.addresses ?? [])],
      ...(plan.imports.length === 0 ? {} : { imports: [...plan.imports] }),
      ...(plan.moves.length === 0 ? {} : { moves: [...plan.moves] }),
      state: state === undefined ? null : await objects.put(Buffer.from(state.text)),
      applied: (await records.get(ctx, stack.name)) ?? null,
      next: await configurationOf(ctx, objects, { stack, place: terraform.place, tool, packed, plan }),
      differs: plan.differs,
    };
    const { applied: known, next, state: kept } = before;
    await holdFor(ctx, objects, `${stack.name}-${ctx.step.id}`, [
      ...objectsOf(next),
      ...(known === null ? [] : objectsOf(known)),
      ...(kept === null ? [] : [kept]),
    ]);
    return before;
  } finally {
    bench.close();
  }
}

function planNext({ terraform, varFiles }: Workbench, stack: Stack, destroy: boolean): Promise<PlanDocument> {
  return terraform.plan({ out: planFileOf(stack), varFiles, targets: stack.targets, locks: true, destroy });
}

/** Two environments with one state: what is applied in one is applied in the other. Nobody wants that, and nothing else tells. */
async function warnOfSharing(ctx: StepContext, records: AppliedRecords, { name, dir }: Stack, state: State | undefined): Promise<void> {
  const others = state === undefined ? [] : await records.sharing(ctx, name, state.lineage);
  if (others.length > 0)
    ctx.log.warn(
      `the state of ${dir} is that of ${others.join(', ')}, too: give each environment a workspace or a backend of its own in the option \`environments\``,
    );
}

/** What goes forward may destroy what it likes; but no way back brings it home, and nobody shall find that out afterwards. */
function warnOfLosses({ log }: StepContext, plan: PlanDocument, { stateful = [], stateless = [] }: Parts['options']): void {
  const { blocks } = judge(plan, { stateful, stateless, protected: [] }, () => false);
  for (const block of blocks) log.warn(`this ${block}: no rollback brings that back`);
  for (const change of plan.changes.filter(({ address }) => plan.imports.includes(address)))
    log.warn(`this would ${lineOf(change)}, which it imports: no rollback brings that back`);
}

async function applied(
  ctx: StepContext,
  { options, records }: Parts,
  input: StackInput,
  before: Before,
  destroy: boolean,
): Promise<Result> {
  const stack = stackOf(ctx, options, input);
  const tool = await findTool(ctx, options.binary);
  const progress = new ApplyProgress(ctx);
  const isFresh = unfinished(ctx) === undefined && existsSync(planFileOf(stack));
  const bench = await openLive(ctx, stack, tool, { isReady: isFresh });
  try {
    const { terraform } = bench;
    // An attempt before this one has changed something: what was planned then is no longer true.
    const { differs } = isFresh ? before : await planNext(bench, stack, destroy);
    if (differs) {
      await progress.begin();
      await applyReporting(ctx, terraform, planFileOf(stack), progress);
    }
    const state = await terraform.pull();
    if (destroy) await records.remove(ctx, stack.name);
    else if (state !== undefined) {
      const { lineage, serial } = state;
      await records.put(ctx, stack.name, { ...before.next, lineage, serial, by: byOf(ctx), ...pastOf(before) });
    }
    await progress.end();
    return {
      summary: differs ? `${stack.dir} ${destroy ? 'destroyed' : 'applied'}` : `${stack.dir} unchanged`,
      serial: state?.serial ?? null,
    };
  } finally {
    rmSync(planFileOf(stack), { force: true });
    bench.close();
  }
}

/** What was imported and renamed up to now: without it nobody could tell later that it is the same resource. */
const pastOf = ({ applied, imports = [], moves = [] }: Before): Pick<Applied, 'imports' | 'moves'> => ({
  imports: [...(applied?.imports ?? []), ...imports],
  moves: [...(applied?.moves ?? []), ...moves],
});

async function applyReporting(ctx: StepContext, terraform: Terraform, planFile: string, progress: ApplyProgress): Promise<void> {
  try {
    await applySaving(terraform, planFile, (each) => progress.note(each));
  } catch (error) {
    const tainted = ctx.signal.aborted ? [] : ((await terraform.pull().catch(() => undefined))?.tainted ?? []);
    if (tainted.length > 0) ctx.log.warn(`failed half way, and will be made anew by the next apply: ${tainted.join(', ')}`);
    throw error;
  } finally {
    await progress.written();
  }
}
