import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Action, Change, Finding, Objects, Probed, Restored, StepContext } from '@ship/core';
import { type Applied, type AppliedRecords, type Configuration, configurationOf, holdFor, objectsOf } from './applied.js';
import { applySaving, examine, type Goal, goBack } from './back.js';
import { errors } from './errors.js';
import { judge, lineOf } from './judge.js';
import { pack } from './pack.js';
import type { PlanDocument } from './plan-document.js';
import { ProgressFile } from './progress-file.js';
import { applyInput, destroyInput } from './schema.js';
import { type Options, type Stack, type StackInput, stackOf } from './stack.js';
import type { State } from './state.js';
import { holdsData } from './stateless.js';
import { GRACE_MS, type Terraform } from './terraform.js';
import { findTool, type Tool } from './tool.js';
import { openLive, unsavedState, type Workbench } from './work.js';

/** What was there before, and what is about to be applied. */
export type Before = {
  /** Of the state; null where there was none. */
  readonly lineage: string | null;
  readonly serial: number | null;
  /** What was managed. */
  readonly addresses: string[];
  /** The key of the state as it was pulled, for the day on which nothing else is left of it. */
  readonly state: string | null;
  /** What ship applied here before. */
  readonly applied: Applied | null;
  readonly next: Configuration;
  /** Would it change anything? */
  readonly differs: boolean;
};

/** What came of it. */
export type Result = { readonly summary: string; readonly serial: number | null };

/** What both actions share with the plugin. */
export interface Parts {
  readonly options: Options;
  readonly objects: Objects;
  readonly records: AppliedRecords;
}

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
    remedy: (input) => `(cd ${stackDir(parts.options, input)} && terraform plan)`,
  };
}

const stackDir = (options: Options, input: StackInput): string => input.dir ?? options.dir ?? '.';
const byOf = ({ run, step }: StepContext): string => `${run}/${step.id}`;
/** Made by `capture`, applied by `run`. It holds values, so it lies where nobody else can read. */
const planFileOf = ({ home }: Stack): string => join(home, 'next.tfplan');

async function previewed(ctx: StepContext, { options }: Parts, input: StackInput, destroy: boolean): Promise<Change[]> {
  const stack = stackOf(ctx, options, input);
  const bench = await openLive(ctx, stack, await findTool(ctx, options.binary));
  try {
    const { terraform, varFiles, folder } = bench;
    const plan = await terraform.plan({ out: join(folder, 'preview.tfplan'), varFiles, targets: stack.targets, destroy, locks: false });
    return plan.changes.length > 0 ? plan.changes.map((change) => judgedChange(change, options)) : [noResource(stack, plan)];
  } finally {
    bench.close();
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
    forget: `takes ${address} on again`,
  }[kind];
  const what = lineOf(change).replace(/^\w+ /, '');
  return { kind: kind === 'forget' ? 'update' : kind, what, undo };
}

/** The reverse plan, as far as it can be told before there is anything to plan from. */
function undoOf(changes: readonly Change[]): string {
  const undos = changes.flatMap(({ undo }: Change) => (undo === undefined ? [] : [undo]));
  const plan = undos.length === 0 || undos[0] === 'nothing' ? '' : `: ${undos.join('; ')}`;
  return `applies the configuration before again, if that destroys nothing that holds data${plan}`;
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
    await warnOfSharing(ctx, parts.records, stack, state);
    const packed = pack(terraform.place, { files: stack.varFiles, exclude: stack.exclude });
    const before: Before = {
      lineage: state?.lineage ?? null,
      serial: state?.serial ?? null,
      addresses: [...(state?.addresses ?? [])],
      state: state === undefined ? null : await objects.put(Buffer.from(state.text)),
      applied: (await records.get(ctx, stack.name)) ?? null,
      next: await configurationOf(ctx, objects, { stack, place: terraform.place, tool, packed, plan }),
      differs: plan.differs,
    };
    const { applied: known, next, state: kept } = before;
    await holdFor(ctx, objects, stack.name, [
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
function warnOfLosses({ log }: StepContext, plan: PlanDocument, { stateful = [], stateless = [] }: Options): void {
  const { blocks } = judge(plan, { stateful, stateless, protected: [] }, () => false);
  for (const block of blocks) log.warn(`this ${block}: no rollback brings that back`);
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
  const progress = new ProgressFile(stack);
  const isFresh = progress.cutOff(byOf(ctx)) === undefined && existsSync(planFileOf(stack));
  const bench = await openLive(ctx, stack, tool, { isReady: isFresh });
  try {
    const { terraform } = bench;
    // An attempt before this one has changed something: what was planned then is no longer true.
    const { differs } = isFresh ? before : await planNext(bench, stack, destroy);
    if (differs) {
      progress.begin(byOf(ctx));
      await applyTelling(ctx, terraform, planFileOf(stack), progress);
    }
    const state = await terraform.pull();
    if (destroy) await records.remove(ctx, stack.name);
    else if (state !== undefined) {
      const { lineage, serial } = state;
      await records.put(ctx, stack.name, { ...before.next, lineage, serial, by: byOf(ctx) });
    }
    progress.end();
    return {
      summary: differs ? `${stack.dir} ${destroy ? 'destroyed' : 'applied'}` : `${stack.dir} unchanged`,
      serial: state?.serial ?? null,
    };
  } finally {
    rmSync(planFileOf(stack), { force: true });
    bench.close();
  }
}

async function applyTelling(ctx: StepContext, terraform: Terraform, planFile: string, progress: ProgressFile): Promise<void> {
  try {
    await applySaving(terraform, planFile, (each) => progress.note(each));
  } catch (error) {
    const tainted = ctx.signal.aborted ? [] : ((await terraform.pull().catch(() => undefined))?.tainted ?? []);
    if (tainted.length > 0) ctx.log.warn(`failed half way, and will be made anew by the next apply: ${tainted.join(', ')}`);
    throw error;
  }
}

async function probed(ctx: StepContext, { options, records }: Parts, input: StackInput, before: Before, destroy: boolean): Promise<Probed> {
  const stack = stackOf(ctx, options, input);
  const bench = await openLive(ctx, stack, await findTool(ctx, options.binary));
  try {
    const state = await bench.terraform.pull();
    const record = await records.get(ctx, stack.name);
    if (destroy ? state?.addresses.length === 0 && record === undefined : record?.by === byOf(ctx) && record.serial === state?.serial)
      return 'done';
    const isBegun = new ProgressFile(stack).cutOff(byOf(ctx)) !== undefined || unsavedState(stack.cwd) !== undefined;
    const isSame = (state?.serial ?? null) === before.serial && (state?.lineage ?? null) === before.lineage;
    return isSame && !isBegun ? 'untouched' : 'partial';
  } finally {
    bench.close();
  }
}

/** Where Terraform itself was killed, its state may not know of what it was about to make; nobody but a person can look. */
function tellCutOff(ctx: StepContext, stack: Stack, state: State | undefined): void {
  const unknown = new ProgressFile(stack).cutOff(byOf(ctx))?.filter((address) => !state?.addresses.includes(address)) ?? [];
  if (unknown.length > 0)
    ctx.log.warn(`${stack.dir}: begun, and never said to be finished: ${unknown.join(', ')}. Look whether something of it is left`);
}

/** Where a step goes back to; undefined where nobody knows what was there. */
function goalOf(stack: Stack, tool: Tool, before: Before, destroy: boolean): Goal | undefined {
  const { applied: known, next, addresses, lineage, state } = before;
  const old = new Set(addresses);
  const shared = {
    stack,
    tool,
    isNew: (address: string) => !old.has(address),
    protected: next.protected,
    ...(state === null ? {} : { state }),
  };
  const same = lineage === null ? {} : { lineage };
  if (destroy) return { ...shared, ...same, configuration: known ?? next, destroy: false };
  if (known !== null) return { ...shared, ...same, configuration: known, destroy: false };
  return addresses.length === 0 ? { ...shared, ...same, configuration: next, destroy: true } : undefined;
}

async function admitted(
  ctx: StepContext,
  { options, objects }: Parts,
  input: StackInput,
  before: Before,
  destroy: boolean,
): Promise<Finding[]> {
  const stack = stackOf(ctx, options, input);
  const goal = goalOf(stack, await findTool(ctx, options.binary), before, destroy);
  return goal === undefined ? [{ level: 'warn', rule: 'terraform-unknown', message: unknownBefore(stack) }] : examine(ctx, objects, goal);
}

const unknownBefore = ({ dir }: Stack): string =>
  `${dir} was not applied by ship before: the configuration that made what was there is not known, so it stays as it is`;

async function restored(
  ctx: StepContext,
  { options, objects, records }: Parts,
  input: StackInput,
  before: Before,
  destroy: boolean,
): Promise<Restored> {
  const stack = stackOf(ctx, options, input);
  const goal = goalOf(stack, await findTool(ctx, options.binary), before, destroy);
  if (goal === undefined) return { changed: false, kept: unknownBefore(stack) };
  const { restored: answer, state } = await goBack(ctx, objects, goal);
  if (before.applied === null || state === undefined) await records.remove(ctx, stack.name);
  else await records.put(ctx, stack.name, { ...before.applied, lineage: state.lineage, serial: state.serial });
  tellCutOff(ctx, stack, state);
  new ProgressFile(stack).end();
  rmSync(planFileOf(stack), { force: true });
  return answer;
}
