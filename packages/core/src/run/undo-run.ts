import { errors } from '../errors/catalogue.js';
import type { LedgerLine } from '../journal/ledger.js';
import type { ComponentReport, ComponentState, RollbackReport } from '../types/index.js';
import { orphan, removeResources } from './remove.js';
import { nameOf } from './resources.js';
import type { Deadline, Undone } from './rollback.js';
import type { ActedStep, Session } from './session.js';
import { type UndoOutcome, undoStep } from './undo.js';

type Remaining = RollbackReport['remaining'][number];

/** Undoes the steps of this run, newest first. A failed undo does not keep the others from theirs, nor does a slow one. */
export async function undoRun(session: Session, deadline: Deadline): Promise<Undone> {
  const components: ComponentReport[] = [];
  const remaining: Remaining[] = [];
  const expected = new Map<string, ComponentState | null>();
  const newestFirst = [...session.acted.values()].reverse();
  for (const [index, acted] of newestFirst.entries()) {
    const { id, component } = acted.step;
    const outcome = await undoInTime(session, acted, deadline(), newestFirst.length - index);
    if (outcome.status === 'failed') remaining.push(...whatIsLeft(session, acted, outcome));
    mark(session, id, outcome);
    if (component && acted.step.uses === 'deploy') {
      expected.set(component.name, acted.before as unknown as ComponentState | null);
      components.push(componentReport(acted, outcome));
    }
  }
  remaining.push(...(await removeOthers(session, deadline)));
  return { components, remaining, expected };
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
