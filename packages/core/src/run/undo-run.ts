import { errors } from '../errors/catalogue.js';
import type { ComponentReport, ComponentState, RollbackReport } from '../types/index.js';
import type { Deadline, Undone } from './rollback.js';
import type { ActedStep, Session } from './session.js';
import { type UndoOutcome, undoStep } from './undo.js';

/** Undoes the steps of this run, newest first. A failed undo does not keep the others from theirs, nor does a slow one. */
export async function undoRun(session: Session, deadline: Deadline): Promise<Undone> {
  const components: ComponentReport[] = [];
  const remaining: RollbackReport['remaining'][number][] = [];
  const expected = new Map<string, ComponentState | null>();
  const newestFirst = [...session.acted.values()].reverse();
  for (const [index, acted] of newestFirst.entries()) {
    const { id, component } = acted.step;
    const outcome = await undoInTime(session, acted, deadline(), newestFirst.length - index);
    if (outcome.status === 'failed') {
      const command = outcome.remedy === undefined ? {} : { command: outcome.remedy };
      remaining.push({ what: component?.name ?? id, ...command, error: outcome.error });
    }
    mark(session, id, outcome);
    if (component && acted.step.uses === 'deploy') {
      expected.set(component.name, acted.before as unknown as ComponentState | null);
      components.push(componentReport(acted, outcome));
    }
  }
  return { components, remaining, expected };
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
