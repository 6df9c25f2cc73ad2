import { crashPoint } from '../crash-points.js';
import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { ReportedError, Restored } from '../types/index.js';
import { bounded } from './bounded.js';
import { stepContextOf } from './contexts.js';
import type { ActedStep, Session } from './session.js';

/** How the undo of one step ended. */
export type UndoOutcome =
  | { readonly status: 'undone' | 'kept'; readonly detail?: string; readonly duration_ms: number }
  | { readonly status: 'failed'; readonly error: ReportedError; readonly remedy?: string; readonly duration_ms: number };

/** Undoes one step: probe, restore, probe again. Never throws; what fails is told with the command that finishes it. */
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
    const { changed, kept, summary } = await restoreBounded(session, acted, timeoutMs);
    crashPoint('restored');
    await session.journal.append({ type: 'undone', step: id, changed, ...(kept === undefined ? {} : { kept }) });
    crashPoint('undone');
    const told = kept ?? summary;
    const detail = told === undefined ? undefined : session.kernel.redactor.redact(told);
    outcome = { status: kept === undefined ? 'undone' : 'kept', ...(detail === undefined ? {} : { detail }), duration_ms: duration() };
  } catch (error) {
    const reported = session.reported(error, id);
    session.journal.note({ type: 'undo-failed', step: id, error: reported });
    // Where the undo ended well and yet nothing is undone, running it again by hand would do no better.
    const remedy = reported.code === 'SHIP_UNDO_UNPROVEN' ? undefined : remedyOf(session, acted);
    outcome = {
      status: 'failed',
      error: reported,
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

function restoreBounded(session: Session, acted: ActedStep, timeoutMs: number): Promise<Restored> {
  const { id } = acted.step;
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: id, timeoutMs });
  const bounds = { timeoutMs, parent: session.signal, timedOut, stuck: timedOut };
  return bounded(bounds, (signal) => restore(session, acted, signal));
}

async function restore(session: Session, { step, action, before, result }: ActedStep, signal: AbortSignal): Promise<Restored> {
  const ctx = stepContextOf(session, step, 1, signal);
  const probe = async () => {
    try {
      return await action.probe?.(ctx, step.input, before);
    } catch (error) {
      // A probe that cannot tell is no reason to leave the step standing: restore is idempotent.
      ctx.log.warn(`the probe of ${step.id} failed: ${messageOf(error)}`);
      return undefined;
    }
  };
  if ((await probe()) === 'untouched') return { changed: false, summary: 'nothing had changed' };
  if (!action.restore) return { changed: false, kept: `${step.uses} has no restore` };
  const restored = (await action.restore(ctx, before, result, step.input)) ?? { changed: true };
  if (restored.changed && restored.kept === undefined && (await probe()) === 'done') throw errors.SHIP_UNDO_UNPROVEN({ step: step.id });
  return restored;
}
