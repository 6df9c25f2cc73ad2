import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import type { ComponentState, ReportedError } from '../../types/index.js';
import type { Session } from '../session.js';
import type { PutBack, Restorable } from './restorables.js';

/** Milliseconds that are left for the rollback. */
export type Deadline = () => number;

/** How it ended. `kept`: there is no way to put it back; `blocked`: not yet. */
export interface RestoreOutcome {
  readonly status: 'restored' | 'kept' | 'blocked' | 'failed';
  /** false: everything was as it should be. */
  readonly changed: boolean;
  readonly detail?: string;
  /** What it failed with. */
  readonly error?: ReportedError;
  /** The command that finishes it. */
  readonly remedy?: string;
  /** What was there before, where it was read. */
  readonly before?: ComponentState | null;
  readonly duration_ms: number;
}

/**
 * Puts one thing back: the lease, the intent, the probe, the restore, the probe again, the entry that it is done. `also`
 * is what has to follow the restore before it counts as done. Never throws; what fails is reported with the command that
 * finishes it.
 */
export async function restoreOne(
  session: Session,
  restorable: Restorable,
  timeoutMs: number,
  also: (restored: PutBack, leftMs: number) => Promise<PutBack> = async (restored) => restored,
): Promise<RestoreOutcome> {
  const { subject, what, isIntended, target } = restorable;
  const started = performance.now();
  const left = () => Math.max(1, timeoutMs - (performance.now() - started));
  const within = <T>(work: (signal: AbortSignal) => Promise<T>) => {
    const ms = Math.ceil(left());
    const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what, timeoutMs: Math.ceil(timeoutMs) });
    return bounded({ timeoutMs: ms, parent: session.signal, timedOut, graceMs: restorable.graceMs }, work);
  };
  let before: ComponentState | null | undefined;
  const ended = (outcome: Omit<RestoreOutcome, 'duration_ms'>): RestoreOutcome => ({
    ...outcome,
    ...(before === undefined ? {} : { before }),
    duration_ms: Math.round(performance.now() - started),
  });
  try {
    if (session.signal.aborted) throw session.signal.reason;
    if (timeoutMs <= 0) throw errors.SHIP_UNDO_NO_TIME({ what, timeoutMs: session.kernel.config.rollback_timeout_ms });
    await session.lease.check();
    const captured = restorable.capture && (await within((signal) => restorable.capture!(signal)));
    before = captured as ComponentState | null | undefined;
    if (!isIntended)
      await session.append({
        type: 'intent',
        act: 'restore',
        ...subject,
        ...(captured === undefined ? {} : { before: captured }),
        ...(target === undefined ? {} : { target }),
      });
    const restored = await also(await within((signal) => unlessUntouched(restorable, signal)), left());
    if (restored.blocked !== undefined) return ended({ status: 'blocked', changed: false, detail: restored.blocked });
    if (restored.changed && restored.kept === undefined && (await within(async (signal) => restorable.probe?.(signal))) === 'done')
      throw errors.SHIP_UNDO_UNPROVEN({ step: what });
    const { changed, kept, summary } = restored;
    await session.append({ type: 'restored', ...subject, changed, ...(kept === undefined ? {} : { kept }) });
    const said = kept ?? summary;
    const detail = said === undefined ? {} : { detail: session.kernel.redactor.redact(said) };
    return ended({ status: kept === undefined ? 'restored' : 'kept', changed, ...detail });
  } catch (thrown) {
    const error = session.reported(thrown, 'step' in subject ? subject.step : what);
    session.note({ type: 'failed', act: 'restore', ...subject, error });
    // Where the undo ended well and yet nothing is undone, to run it again by hand would do no better.
    const remedy = error.code === 'SHIP_UNDO_UNPROVEN' || error.code === 'SHIP_RESOURCES_LEFT' ? undefined : restorable.remedy?.();
    return ended({
      status: 'failed',
      changed: false,
      error,
      ...(remedy === undefined ? {} : { remedy: session.kernel.redactor.redact(remedy) }),
    });
  }
}

/** Has a thing follow the others, when all are back. Answers what it failed with. */
export async function settleOne(
  session: Session,
  { what, settle, graceMs }: Restorable,
  timeoutMs: number,
): Promise<ReportedError | undefined> {
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what, timeoutMs: Math.ceil(timeoutMs) });
  try {
    await bounded({ timeoutMs: Math.ceil(timeoutMs), parent: session.signal, timedOut, graceMs }, (signal) => settle!(signal));
    return undefined;
  } catch (thrown) {
    return session.reported(thrown, what);
  }
}

async function unlessUntouched(restorable: Restorable, signal: AbortSignal): Promise<PutBack> {
  if ((await restorable.probe?.(signal)) === 'untouched') return { changed: false, summary: 'nothing had changed' };
  return restorable.restore(signal);
}

/** As {@link restoreOne}, with its begin and its end as events. */
export async function restoreAnnounced(session: Session, restorable: Restorable, ...bounds: RestoreBounds): Promise<RestoreOutcome> {
  const { what } = restorable;
  session.emit({ type: 'undo-started', what });
  const outcome = await restoreOne(session, restorable, ...bounds);
  const { status, error, duration_ms } = outcome;
  const detail = error?.message ?? detailOf(restorable, outcome);
  session.emit({
    type: 'undo-finished',
    what,
    status: status === 'restored' || status === 'blocked' ? 'undone' : status,
    ...(detail === undefined ? {} : { detail }),
    duration_ms,
  });
  return outcome;
}

type RestoreBounds = Parameters<typeof restoreOne> extends [unknown, unknown, ...infer Rest] ? Rest : never;

/** Of a component people want to know from which version to which. */
function detailOf({ subject, target }: Restorable, { before, detail }: RestoreOutcome): string | undefined {
  if (subject.kind !== 'component') return detail;
  return `${before?.version ?? 'nothing'} -> ${(target as unknown as ComponentState).version}`;
}
