import { crashPoint } from '../crash-points.js';
import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { LedgerLine } from '../journal/ledger.js';
import type { Probed, ReportedError, Restored } from '../types/index.js';
import { type Bounds, bounded, graceOf } from './bounded.js';
import { stepContextOf } from './contexts.js';
import { removeResources } from './remove.js';
import { nameOf } from './resources.js';
import type { ActedStep, Session } from './session.js';

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
