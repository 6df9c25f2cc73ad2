import { errors } from '../../errors/catalogue.js';
import { sideBySide } from '../../graph.js';
import { isDeploy, type LedgerLine, type StepState } from '../../journal/state.js';
import type {
  ComponentConfig,
  ComponentReport,
  ComponentState,
  Outcome,
  PartReport,
  RollbackReport,
  Snapshot,
  Step,
} from '../../types/index.js';
import { withoutLeftovers } from '../leftovers.js';
import { nameOf, type Session, stepOf } from '../session.js';
import { orphan, removeResources } from './remove.js';
import { askedInTime, type PutBack, restorableComponent, restorablePart, restorableStep } from './restorables.js';
import { type Deadline, type RestoreOutcome, restoreAnnounced, settleOne } from './restore.js';
import { heldParts } from './snapshot-parts.js';

type Remaining = RollbackReport['remaining'][number];

/** Has a step not been put back yet, although it can be? */
export const isDue = ({ status, kept }: StepState): boolean => status !== 'undone' && kept === undefined;

/**
 * Undoes what this run did, newest first and side by side where steps were independent. A failed undo does not keep the
 * others from theirs, nor does a slow one.
 */
export async function undoRun(
  session: Session,
  deadline: Deadline,
  concerned: (step: StepState) => boolean,
  alone: boolean,
): Promise<Outcome> {
  const components: ComponentReport[] = [];
  const remaining: Remaining[] = [];
  const wanted = [...session.state.steps.values()].filter(concerned);
  let left = wanted.length;
  await dependentsFirst(session, wanted, await firstOf(session, wanted), async (step) => {
    const outcome = await undoStep(session, step, shareOf(deadline(), left));
    left -= 1;
    if (outcome.status === 'failed') remaining.push(...whatIsLeft(session, step, outcome));
    mark(session, step.id, outcome);
    if (isDeploy(step)) components.push(componentReport(session, step, outcome));
  });
  if (remaining.length === 0) remaining.push(...(await settleSteps(session, deadline)));
  // One component alone leaves what hooks have made to the rest of the run.
  if (!alone) remaining.push(...(await removeOthers(session, deadline)));
  return { components, remaining };
}

/** Asks every step that is undone, also by a rollback that was cut off, whether it must follow the others. */
async function settleSteps(session: Session, deadline: Deadline): Promise<Remaining[]> {
  const left: Remaining[] = [];
  for (const { id } of session.plan.steps) {
    const step = session.state.steps.get(id);
    if (step?.status !== 'undone') continue;
    const restorable = restorableStep(session, step);
    if (restorable.settle === undefined) continue;
    const error = await settleOne(session, restorable, Math.max(1, deadline()));
    const command = restorable.remedy?.();
    if (error) left.push({ what: id, ...(command === undefined ? {} : { command }), error });
  }
  return left;
}

/** One undo may take half of the time that is left, or its share where few are left: the others want theirs. */
const shareOf = (leftMs: number, undosLeft: number): number => (leftMs <= 0 ? leftMs : Math.ceil(Math.max(leftMs / 2, leftMs / undosLeft)));

/** What each component goes back to. Of several deploys of one the first captured what was there before the run. */
export function capturedStates({ state, kernel }: Session): Map<string, ComponentState | null> {
  const newestFirst = [...state.steps.values()].filter(isDeploy).reverse();
  return new Map(
    newestFirst.map(({ component, before }) => [component!, kernel.redactor.resolve(before) as unknown as ComponentState | null]),
  );
}

/** Undoes one step: its own restore, then the removal of what it made, which an undo may take away itself, or set free. */
export function undoStep(session: Session, state: StepState, timeoutMs: number): Promise<RestoreOutcome> {
  const undo = () => restoreStep(session, state, timeoutMs);
  return withoutLeftovers(session, stepOf(session, state.id), undo, ({ status }) => status !== 'failed');
}

function restoreStep(session: Session, state: StepState, timeoutMs: number): Promise<RestoreOutcome> {
  return restoreAnnounced(session, restorableStep(session, state), timeoutMs, async (restored, leftMs) => {
    const left = await removeResources(session, state.id, { timeoutMs: leftMs, restored: restored.kept === undefined });
    if (left.length > 0) throw errors.SHIP_RESOURCES_LEFT({ step: state.id, left: left.map(({ resource }) => nameOf(resource)) });
    const hasRestore = session.kernel.registry.actions.get(state.uses)?.restore !== undefined;
    return hasRestore ? restored : (undoneByRemoval(session, state.id) ?? restored);
  });
}

/** A step without an undo of its own is undone where nothing that it made stands. */
function undoneByRemoval({ state }: Session, step: string): PutBack | undefined {
  const noted = state.resources.filter((line) => line.step === step);
  const standing = noted.some(({ fate, resource }) => fate !== 'removed' && resource.provenance !== 'reused');
  if (noted.length === 0 || standing) return undefined;
  const removed = noted.filter(({ fate }) => fate === 'removed').map(({ resource }) => nameOf(resource));
  return removed.length === 0
    ? { changed: false, summary: 'made nothing of its own' }
    : { changed: true, summary: `removed ${removed.join(', ')}` };
}

/** Those whose undo is waited for by the others. */
async function firstOf(session: Session, wanted: readonly StepState[]): Promise<ReadonlySet<string>> {
  const asked = await Promise.all(wanted.map(async (step) => ((await mustGoFirst(session, step)) ? [step.id] : [])));
  return new Set(asked.flat());
}

async function mustGoFirst(session: Session, step: StepState): Promise<boolean> {
  const restorable = restorableStep(session, step);
  const { goesFirst, what } = restorable;
  if (goesFirst === undefined) return false;
  try {
    return await askedInTime(session, restorable, goesFirst);
  } catch (error) {
    session.warn(`nobody can tell whether ${what} must go back first: ${session.reported(error).message}`);
    return false;
  }
}

/** A step is undone after all that needed it, also where a step between them never acted; those that go first, before all others. */
function dependentsFirst(
  session: Session,
  wanted: readonly StepState[],
  first: ReadonlySet<string>,
  undo: (step: StepState) => Promise<void>,
): Promise<void> {
  const { steps, config } = session.plan;
  const acted = new Map(wanted.map((step) => [step.id, step]));
  const dependents = new Map<string, Step[]>();
  for (const step of steps) for (const need of step.needs) dependents.set(need, [...(dependents.get(need) ?? []), step]);
  const newestFirst = [
    ...[...acted.keys()].reverse().flatMap((id) => stepOf(session, id) ?? []),
    ...steps.filter(({ id }) => !acted.has(id)),
  ];
  const isFirst = ({ id }: Step) => first.has(id);
  const ofFirst = newestFirst.filter(isFirst);
  // Who waited for one that goes first waits for those that came after it all the same.
  const others = (step: Step): Step[] => (dependents.get(step.id) ?? []).flatMap((each) => (isFirst(each) ? others(each) : [each]));
  return sideBySide(
    newestFirst,
    (step) => (isFirst(step) ? (dependents.get(step.id) ?? []).filter(isFirst) : [...new Set([...others(step), ...ofFirst])]),
    config.max_parallel,
    async ({ id }) => {
      const own = acted.get(id);
      if (own) await undo(own);
    },
  );
}

/** Resources that belong to no step, such as those of hooks. */
async function removeOthers(session: Session, deadline: Deadline): Promise<Remaining[]> {
  const owners = new Set(session.state.resources.map(({ step }) => step).filter((step) => !session.state.steps.has(step)));
  const left: Remaining[] = [];
  for (const owner of [...owners].reverse())
    left.push(...remainingOf(session, await removeResources(session, owner, { timeoutMs: deadline(), restored: false })));
  return left;
}

/** A step whose undo failed stands with all that it made: to take its resources from under it could do harm. */
function whatIsLeft(session: Session, { id, component }: StepState, { error, remedy }: RestoreOutcome): Remaining[] {
  const standing = session.state.resources.filter(
    (line) => line.step === id && line.fate !== 'removed' && line.resource.provenance !== 'reused',
  );
  // Its own undo ended well, and these are what is left of it.
  if (error!.code === 'SHIP_RESOURCES_LEFT') return remainingOf(session, standing);
  for (const line of standing) orphan(session, line, errors.SHIP_RESOURCES_KEPT({ what: nameOf(line.resource), step: id }));
  return [{ what: component ?? id, ...(remedy === undefined ? {} : { command: remedy }), error: error! }];
}

function remainingOf({ kernel }: Session, left: readonly LedgerLine[]): Remaining[] {
  return left.map(({ resource, error }) => {
    const { commands = [] } = kernel.redactor.redactDeep(resource);
    const what = kernel.redactor.redact(nameOf(resource));
    return { what, ...(commands.length === 0 ? {} : { command: commands.join(' && ') }), error: error! };
  });
}

/** Writes into the step's report what became of it. A step that was kept stays as it was, and says why. */
function mark({ record }: Session, id: string, { status, detail }: RestoreOutcome): void {
  const change =
    status === 'kept'
      ? { reason: `not undone: ${detail}` }
      : { status: status === 'failed' ? ('undo_failed' as const) : ('undone' as const) };
  record.steps = record.steps.map((step) => (step.id === id ? { ...step, ...change } : step));
}

function componentReport(session: Session, { id, component, before }: StepState, outcome: RestoreOutcome): ComponentReport {
  const to = (before as unknown as ComponentState | null)?.version ?? null;
  const unchanged = outcome.status !== 'failed' && outcome.detail === 'nothing had changed';
  return {
    name: component!,
    from: unchanged ? to : stepOf(session, id).component!.version,
    to,
    status: outcome.status === 'failed' ? 'failed' : unchanged ? 'unchanged' : 'restored',
    duration_ms: outcome.duration_ms,
    ...(outcome.error ? { error: outcome.error } : {}),
  };
}

/**
 * Makes the environment as the snapshot has it, or one component of it: first what the components stand on, then these,
 * dependents first and side by side where they are independent. What fails does not keep the others from theirs.
 */
export async function restoreSnapshot(session: Session, snapshot: Snapshot, deadline: Deadline, only?: string): Promise<Outcome> {
  const parts = only === undefined ? await restoreParts(session, snapshot, deadline) : [];
  const remaining: Remaining[] = parts.flatMap(({ name, error }) =>
    error ? [{ what: name, command: `ship --rollback-to ${snapshot.id}`, error }] : [],
  );
  const components: ComponentReport[] = [];
  const again = only === undefined ? `ship --rollback-to ${snapshot.id}` : `ship --rollback-component ${only} --rollback-to ${snapshot.id}`;
  const newestFirst = session.plan.components.filter(({ name }) => only === undefined || name === only).reverse();
  const dependents = ({ name }: ComponentConfig) => newestFirst.filter(({ depends_on }) => depends_on.includes(name));
  await sideBySide(newestFirst, dependents, session.kernel.config.max_parallel, async (component) => {
    const { name } = component;
    const state = snapshot.components[name];
    if (state === undefined) return;
    const outcome = await restoreAnnounced(session, restorableComponent(session, component, state), Math.max(1, deadline()));
    const { before, duration_ms, error } = outcome;
    components.push({ name, from: before?.version ?? null, to: state.version, ...endOf(outcome), duration_ms });
    if (error) remaining.push({ what: name, command: again, error });
  });
  return { components, remaining, parts };
}

/** One after the other: each may stand on the one before it. */
async function restoreParts(session: Session, snapshot: Snapshot, deadline: Deadline): Promise<PartReport[]> {
  const parts: PartReport[] = [];
  for (const held of heldParts(session.kernel, snapshot)) {
    const outcome = await restoreAnnounced(session, restorablePart(session, snapshot, held), Math.max(1, deadline()));
    const { detail, duration_ms } = outcome;
    parts.push({ name: held.name, ...endOf(outcome), ...(detail === undefined ? {} : { detail }), duration_ms });
  }
  return parts;
}

const endOf = ({ changed, error }: RestoreOutcome): Pick<ComponentReport, 'status' | 'error'> =>
  error ? { status: 'failed', error } : { status: changed ? 'restored' : 'unchanged' };
