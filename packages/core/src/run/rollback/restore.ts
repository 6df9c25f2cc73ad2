import { crashPoint } from '../../crash-points.js';
import { type Bounds, bounded, graceOf } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import { sideBySide } from '../../graph.js';
import type { LedgerLine } from '../../journal/state.js';
import type {
  ComponentConfig,
  ComponentReport,
  ComponentState,
  Json,
  PartReport,
  Probed,
  ReportedError,
  Restored,
  RollbackReport,
  Snapshot,
  Step,
} from '../../types/index.js';
import { contextOf, stepContextOf } from '../contexts.js';
import { type ActedStep, nameOf, type Session } from '../session.js';
import { orphan, removeResources } from './remove.js';
import { filesOf, type HeldPart, heldParts } from './snapshot-parts.js';
import { describeLive } from './verify.js';

/** How the undo of one step ended. */
export type UndoOutcome =
  | { readonly status: 'undone' | 'kept'; readonly detail?: string; readonly duration_ms: number }
  | {
      readonly status: 'failed';
      readonly error: ReportedError;
      readonly remedy?: string;
      /** Its own undo ended well; these resources are what is left of it. */
      readonly left?: readonly LedgerLine[];
      readonly duration_ms: number;
    };

/** Undoes one step: probe, restore, remove what it made, probe again. Never throws; what fails is told with the command that finishes it. */
export async function undoStep(session: Session, acted: ActedStep, timeoutMs: number): Promise<UndoOutcome> {
  const started = performance.now();
  const duration = () => Math.round(performance.now() - started);
  const { id } = acted.step;
  session.emit({ type: 'undo-started', what: id });
  let outcome: UndoOutcome;
  try {
    await session.lease.check();
    await session.journal.append({ type: 'undo-intent', step: id });
    crashPoint('undo-intended');
    const { changed, kept, summary } = await takeBack(session, acted, timeoutMs);
    await session.journal.append({ type: 'undone', step: id, changed, ...(kept === undefined ? {} : { kept }) });
    crashPoint('undone');
    const told = kept ?? summary;
    const detail = told === undefined ? undefined : session.kernel.redactor.redact(told);
    outcome = { status: kept === undefined ? 'undone' : 'kept', ...(detail === undefined ? {} : { detail }), duration_ms: duration() };
  } catch (error) {
    const reported = session.reported(error instanceof LeftBehind ? error.cause : error, id);
    session.journal.note({ type: 'undo-failed', step: id, error: reported });
    // Where the undo ended well and yet nothing is undone, running it again by hand would do no better.
    const hopeless = reported.code === 'SHIP_UNDO_UNPROVEN' || error instanceof LeftBehind;
    const remedy = hopeless ? undefined : remedyOf(session, acted);
    outcome = {
      status: 'failed',
      error: reported,
      ...(error instanceof LeftBehind ? { left: error.left } : {}),
      ...(remedy === undefined ? {} : { remedy }),
      duration_ms: duration(),
    };
  }
  const detail = outcome.status === 'failed' ? outcome.error.message : outcome.detail;
  session.emit({
    type: 'undo-finished',
    what: id,
    status: outcome.status,
    ...(detail === undefined ? {} : { detail }),
    duration_ms: outcome.duration_ms,
  });
  return outcome;
}

function remedyOf(session: Session, { action, step, before }: ActedStep): string | undefined {
  try {
    const remedy = action.remedy?.(step.input, before);
    return remedy === undefined ? undefined : session.kernel.redactor.redact(remedy);
  } catch (error) {
    session.warn(`the remedy of ${step.id} failed: ${messageOf(error)}`);
    return undefined;
  }
}

/** The undo ended well, and yet resources of the step stand. */
class LeftBehind extends Error {
  constructor(
    step: string,
    readonly left: readonly LedgerLine[],
  ) {
    super('', { cause: errors.SHIP_RESOURCES_LEFT({ step, left: left.map(({ resource }) => nameOf(resource)) }) });
  }
}

/** Its own undo, then the removal of what it made: an undo may take resources away itself, or set them free. */
async function takeBack(session: Session, acted: ActedStep, timeoutMs: number): Promise<Restored> {
  const { step, action } = acted;
  const until = performance.now() + timeoutMs;
  const bounds = () => undoBounds(session, acted, Math.max(1, until - performance.now()));
  const restored = await bounded(bounds(), (signal) => restore(session, acted, signal));
  crashPoint('restored');
  const left = await removeResources(session, step.id, {
    timeoutMs: Math.max(1, until - performance.now()),
    restored: restored.kept === undefined,
  });
  if (left.length > 0) throw new LeftBehind(step.id, left);
  if (action.restore === undefined) return undoneByRemoval(session, step.id) ?? restored;
  if (restored.changed && restored.kept === undefined) {
    const probed = await bounded(bounds(), (signal) => probeStep(session, acted, signal));
    if (probed === 'done') throw errors.SHIP_UNDO_UNPROVEN({ step: step.id });
  }
  return restored;
}

/** A step without an undo of its own is undone where nothing that it made stands. */
function undoneByRemoval(session: Session, step: string): Restored | undefined {
  const noted = session.resources.filter((line) => line.step === step);
  const standing = noted.some(({ fate, resource }) => fate !== 'removed' && resource.provenance !== 'reused');
  if (noted.length === 0 || standing) return undefined;
  const removed = noted.filter(({ fate }) => fate === 'removed').map(({ resource }) => nameOf(resource));
  return removed.length === 0
    ? { changed: false, summary: 'made nothing of its own' }
    : { changed: true, summary: `removed ${removed.join(', ')}` };
}

function undoBounds(session: Session, { step, action }: ActedStep, timeoutMs: number): Bounds {
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: step.id, timeoutMs });
  return { timeoutMs, parent: session.signal, timedOut, stuck: timedOut, ...graceOf(action) };
}

async function restore(session: Session, acted: ActedStep, signal: AbortSignal): Promise<Restored> {
  const { step, action, before, result } = acted;
  if ((await probeStep(session, acted, signal)) === 'untouched') return { changed: false, summary: 'nothing had changed' };
  if (!action.restore) return { changed: false, kept: `${step.uses} has no restore` };
  return (await action.restore(stepContextOf(session, step, 1, signal), before, result, step.input)) ?? { changed: true };
}

/** What is true of a step that acted; undefined where it cannot tell. */
export async function probeStep(session: Session, { step, action, before }: ActedStep, signal: AbortSignal): Promise<Probed | undefined> {
  const ctx = stepContextOf(session, step, 1, signal);
  try {
    return await action.probe?.(ctx, step.input, before);
  } catch (error) {
    // A probe that cannot tell is no reason to leave the step standing: restore is idempotent.
    session.warn(`the probe of ${step.id} failed: ${messageOf(error)}`);
    return undefined;
  }
}

/** What was put back, before it is proven. */
export interface Undone {
  readonly components: readonly ComponentReport[];
  readonly parts: readonly PartReport[];
  readonly remaining: readonly RollbackReport['remaining'][number][];
}

/** Milliseconds that are left for the rollback. */
export type Deadline = () => number;

type Remaining = RollbackReport['remaining'][number];

/** Which of the acted steps are undone; all when absent. */
export type Concerned = (acted: ActedStep) => boolean;

/**
 * Undoes what this run did, newest first and side by side where steps were independent. What is undone already stays so.
 * A failed undo does not keep the others from theirs, nor does a slow one.
 */
export async function undoRun(session: Session, deadline: Deadline, concerned?: Concerned): Promise<Undone> {
  const components: ComponentReport[] = [];
  const remaining: Remaining[] = [];
  const wanted = [...session.acted.values()].filter((acted) => !session.undone.has(acted.step.id) && (concerned?.(acted) ?? true));
  let left = wanted.length;
  await dependentsFirst(session, wanted, async (acted) => {
    const outcome = await undoInTime(session, acted, deadline(), left);
    left -= 1;
    if (outcome.status === 'failed') remaining.push(...whatIsLeft(session, acted, outcome));
    else session.undone.add(acted.step.id);
    mark(session, acted.step.id, outcome);
    if (!isDeploy(acted)) return;
    session.takenBack.set(acted.step.component!.name, acted.before as unknown as ComponentState | null);
    components.push(componentReport(acted, outcome));
  });
  // One component alone leaves what hooks have made to the rest of the run.
  if (concerned === undefined) remaining.push(...(await removeOthers(session, deadline)));
  return { components, remaining, parts: [] };
}

/** Did the step bring a component live? */
export const isDeploy = ({ step }: ActedStep): boolean => step.uses === 'deploy' && step.component !== undefined;

/** What each component goes back to. Of several deploys of one the first captured what was there before the run. */
export function capturedStates({ acted }: Pick<Session, 'acted'>): Map<string, ComponentState | null> {
  const newestFirst = [...acted.values()].filter(isDeploy).reverse();
  return new Map(newestFirst.map(({ step, before }) => [step.component!.name, before as unknown as ComponentState | null]));
}

/** A step is undone after all that needed it, also where a step between them never acted. */
function dependentsFirst(session: Session, wanted: readonly ActedStep[], undo: (acted: ActedStep) => Promise<void>): Promise<void> {
  const { steps, config } = session.plan;
  const acted = new Map(wanted.map((each) => [each.step.id, each]));
  const byId = new Map(steps.map((step) => [step.id, step]));
  const dependents = new Map<string, Step[]>();
  for (const step of steps) for (const need of step.needs) dependents.set(need, [...(dependents.get(need) ?? []), step]);
  const newestFirst = [...[...acted.keys()].reverse().flatMap((id) => byId.get(id) ?? []), ...steps.filter(({ id }) => !acted.has(id))];
  return sideBySide(
    newestFirst,
    ({ id }) => dependents.get(id) ?? [],
    config.max_parallel,
    async ({ id }) => {
      const own = acted.get(id);
      if (own) await undo(own);
    },
  );
}

/** Resources that belong to no step that was undone now, such as those of hooks. */
async function removeOthers(session: Session, deadline: Deadline): Promise<Remaining[]> {
  const owners = new Set(session.resources.map(({ step }) => step).filter((step) => !session.acted.has(step)));
  const left: Remaining[] = [];
  for (const owner of [...owners].reverse())
    left.push(...remainingOf(session, await removeResources(session, owner, { timeoutMs: deadline(), restored: false })));
  return left;
}

/** A step whose undo failed stands with all that it made: taking its resources from under it could do harm. */
function whatIsLeft(session: Session, { step }: ActedStep, { error, remedy, left }: UndoOutcome & { status: 'failed' }): Remaining[] {
  if (left !== undefined) return remainingOf(session, left);
  const standing = session.resources.filter(
    (line) => line.step === step.id && line.fate !== 'removed' && line.resource.provenance !== 'reused',
  );
  for (const line of standing) orphan(session, line, errors.SHIP_RESOURCES_KEPT({ what: nameOf(line.resource), step: step.id }));
  return [{ what: step.component?.name ?? step.id, ...(remedy === undefined ? {} : { command: remedy }), error }];
}

function remainingOf({ kernel }: Session, left: readonly LedgerLine[]): Remaining[] {
  return left.map(({ resource, error }) => {
    const { commands = [] } = kernel.redactor.redactDeep(resource);
    const what = kernel.redactor.redact(nameOf(resource));
    return { what, ...(commands.length === 0 ? {} : { command: commands.join(' && ') }), error: error! };
  });
}

/** One undo may take half of the time that is left, or its share where few are left: the others want theirs. */
async function undoInTime(session: Session, acted: ActedStep, leftMs: number, undosLeft: number): Promise<UndoOutcome> {
  const { id } = acted.step;
  const notBegun = (error: unknown): UndoOutcome => ({ status: 'failed', error: session.reported(error, id), duration_ms: 0 });
  if (session.signal.aborted) return notBegun(session.signal.reason);
  if (leftMs <= 0) return notBegun(errors.SHIP_UNDO_NO_TIME({ what: id, timeoutMs: session.kernel.config.rollback_timeout_ms }));
  return undoStep(session, acted, Math.ceil(Math.max(leftMs / 2, leftMs / undosLeft)));
}

/** Tells in the step's report what became of it. A step that was kept stays as it was, and says why. */
function mark({ record }: Session, id: string, outcome: UndoOutcome): void {
  const change =
    outcome.status === 'kept'
      ? { reason: `not undone: ${outcome.detail}` }
      : { status: outcome.status === 'failed' ? ('undo_failed' as const) : ('undone' as const) };
  record.steps = record.steps.map((step) => (step.id === id ? { ...step, ...change } : step));
}

function componentReport(acted: ActedStep, outcome: UndoOutcome): ComponentReport {
  const component = acted.step.component!;
  const before = acted.before as unknown as ComponentState | null;
  const unchanged = outcome.status !== 'failed' && outcome.detail === 'nothing had changed';
  return {
    name: component.name,
    from: unchanged ? (before?.version ?? null) : component.version,
    to: before?.version ?? null,
    status: outcome.status === 'failed' ? 'failed' : unchanged ? 'unchanged' : 'restored',
    duration_ms: outcome.duration_ms,
    ...(outcome.status === 'failed' ? { error: outcome.error } : {}),
  };
}

/**
 * Makes the environment as the snapshot has it, or one component of it: first what the components stand on, then these,
 * dependents first and side by side where they are independent. What fails does not keep the others from theirs.
 */
export async function restoreSnapshot(session: Session, snapshot: Snapshot, deadline: Deadline, only?: string): Promise<Undone> {
  const { parts, remaining } = only === undefined ? await restoreParts(session, snapshot, deadline) : { parts: [], remaining: [] };
  const components: ComponentReport[] = [];
  const left: RollbackReport['remaining'][number][] = [...remaining];
  const dependentsFirst = session.plan.components.filter(({ name }) => only === undefined || name === only).reverse();
  const dependents = ({ name }: ComponentConfig) => dependentsFirst.filter(({ depends_on }) => depends_on.includes(name));
  await sideBySide(dependentsFirst, dependents, session.kernel.config.max_parallel, async (component) => {
    const state = snapshot.components[component.name];
    if (state === undefined) return;
    const report = await restoreComponent(session, component, state, Math.max(1, deadline()));
    components.push(report);
    session.takenBack.set(component.name, state);
    if (report.error) left.push({ what: component.name, command: commandFor(snapshot, only), error: report.error });
  });
  return { components, remaining: left, parts };
}

const commandFor = ({ id }: Snapshot, only: string | undefined): string =>
  only === undefined ? `ship --rollback-to ${id}` : `ship --rollback-component ${only} --rollback-to ${id}`;

async function restoreComponent(
  session: Session,
  component: ComponentConfig,
  state: ComponentState,
  timeoutMs: number,
): Promise<ComponentReport> {
  const started = performance.now();
  const { name } = component;
  session.emit({ type: 'undo-started', what: name });
  const driver = session.kernel.registry.drivers.get(component.driver)!;
  let from: string | null = null;
  let fields: Pick<ComponentReport, 'status' | 'error'>;
  try {
    if (session.signal.aborted) throw session.signal.reason;
    await session.lease.check();
    const before = await describeLive(session, component, timeoutMs);
    from = before?.version ?? null;
    await session.journal.append({
      type: 'component-intent',
      component: name,
      before: (before ?? null) as Json,
      target: state as unknown as Json,
    });
    const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: name, timeoutMs });
    const restored = await bounded({ timeoutMs, parent: session.signal, timedOut, stuck: timedOut }, (signal) =>
      driver.restore(contextOf(session, signal, name), component, session.resolveSecrets(state)),
    );
    await session.journal.append({ type: 'component-restored', component: name, changed: restored.changed });
    fields = { status: restored.changed ? 'restored' : 'unchanged' };
  } catch (error) {
    const problem = session.reported(error, name);
    session.journal.note({ type: 'component-failed', component: name, error: problem });
    fields = { status: 'failed', error: problem };
  }
  const duration_ms = Math.round(performance.now() - started);
  const status = fields.status === 'failed' ? 'failed' : 'undone';
  const detail = fields.error?.message ?? `${from ?? 'nothing'} -> ${state.version}`;
  session.emit({ type: 'undo-finished', what: name, status, detail, duration_ms });
  return { name, from, to: state.version, ...fields, duration_ms };
}

/** Puts the parts back, one after the other: each may stand on the one before it. */
export async function restoreParts(
  session: Session,
  snapshot: Snapshot,
  deadline: Deadline,
): Promise<{ parts: PartReport[]; remaining: Remaining[] }> {
  const parts: PartReport[] = [];
  for (const held of heldParts(session.kernel, snapshot)) parts.push(await restorePart(session, snapshot, held, Math.max(1, deadline())));
  const remaining = parts.flatMap(({ name, error }) =>
    error ? [{ what: name, command: `ship --rollback-to ${snapshot.id}`, error }] : [],
  );
  return { parts, remaining };
}

async function restorePart(session: Session, snapshot: Snapshot, { name, part, value }: HeldPart, timeoutMs: number): Promise<PartReport> {
  const started = performance.now();
  const duration = () => Math.round(performance.now() - started);
  session.emit({ type: 'undo-started', what: name });
  try {
    if (session.signal.aborted) throw session.signal.reason;
    await session.lease.check();
    await session.journal.append({ type: 'part-intent', part: name, target: value });
    const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: name, timeoutMs });
    const restored = await bounded({ timeoutMs, parent: session.signal, timedOut, stuck: timedOut }, (signal) =>
      part.restore(contextOf(session, signal, name), session.resolveSecrets(value), filesOf(session.kernel, snapshot, name)),
    );
    const { changed, summary } = restored;
    await session.journal.append({ type: 'part-restored', part: name, changed });
    const detail = session.kernel.redactor.redact(summary ?? (changed ? 'put back' : 'skipped (unchanged)'));
    session.emit({ type: 'undo-finished', what: name, status: 'undone', detail, duration_ms: duration() });
    return { name, status: changed ? 'restored' : 'unchanged', detail, duration_ms: duration() };
  } catch (error) {
    const problem = session.reported(error, name);
    session.journal.note({ type: 'part-failed', part: name, error: problem });
    session.emit({ type: 'undo-finished', what: name, status: 'failed', detail: problem.message, duration_ms: duration() });
    return { name, status: 'failed', error: problem, duration_ms: duration() };
  }
}
