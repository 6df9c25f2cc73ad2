import { errors } from '../errors/catalogue.js';
import type { LedgerLine } from '../journal/ledger.js';
import type { ComponentReport, ComponentState, RollbackReport, Step } from '../types/index.js';
import { orphan, removeResources } from './remove.js';
import { nameOf } from './resources.js';
import type { Deadline, Undone } from './rollback.js';
import type { ActedStep, Session } from './session.js';
import { sideBySide } from './side-by-side.js';
import { type UndoOutcome, undoStep } from './undo.js';

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
