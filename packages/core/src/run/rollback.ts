import { crashPoint } from '../crash-points.js';
import { errors } from '../errors/catalogue.js';
import type { RollbackRequest } from '../hooks.js';
import type { ComponentReport, PartReport, RollbackReport, RunStatus, TriedWay } from '../types/index.js';
import { admit } from './admission.js';
import { runContextOf } from './contexts.js';
import type { Session } from './session.js';
import { type Taken, takeWay } from './take-way.js';

/** What was put back, before it is proven. */
export interface Undone {
  readonly components: readonly ComponentReport[];
  readonly parts: readonly PartReport[];
  readonly remaining: readonly RollbackReport['remaining'][number][];
}

/** Milliseconds that are left for the rollback. */
export type Deadline = () => number;

/** A way back: what it is, and how the kernel walks it where no plugin does. */
export interface WayBack {
  readonly request: RollbackRequest;
  /** Answers undefined where only a plugin could do it. */
  undo(deadline: Deadline): Promise<Undone | undefined>;
  /** What the kernel does after a plugin has walked this way. */
  rest?(deadline: Deadline): Promise<Undone>;
}

/**
 * Tries the ways back in their order until one has left nothing, and tells how it ended. `whole` is the status then.
 * Throws SHIP_ROLLBACK_REFUSED where none may be gone, before anything changes; every later error stands in the report.
 */
export async function rollBack(session: Session, ways: readonly WayBack[], whole: RunStatus): Promise<RunStatus> {
  const report = await tryWays(session, ways);
  await session.journal.append({ type: 'rollback-finished', report });
  crashPoint('rollback-finished');
  session.record.rollback = report;
  const status = session.signal.aborted ? 'interrupted' : report.remaining.length === 0 ? whole : 'rollback_incomplete';
  session.emit({ type: 'rollback-finished', report, status });
  const { afterRollback } = session.kernel.hooks;
  if (afterRollback.isUsed()) await afterRollback.promise(report, runContextOf(session));
  return status;
}

async function tryWays(session: Session, ways: readonly WayBack[]): Promise<RollbackReport> {
  const started = performance.now();
  const left = () => session.kernel.config.rollback_timeout_ms - (performance.now() - started);
  const tried: TriedWay[] = [];
  const timing = { decision_ms: session.decisionMs, admission_ms: 0, execution_ms: 0, verification_ms: 0 };
  let report: Taken['report'] | undefined;
  let refused: readonly string[] = [];
  await session.lease.check();
  for (const [index, way] of ways.entries()) {
    const began = performance.now();
    const admission = await admit(session, way.request);
    timing.admission_ms += Math.round(performance.now() - began);
    const taken = admission.refused.length > 0 ? undefined : await takeWay(session, way, admission.findings, left);
    if (admission.refused.length > 0) refused = admission.refused;
    if (taken) {
      timing.execution_ms += taken.execution_ms;
      timing.verification_ms += taken.verification_ms;
      report = taken.report;
    }
    const ended = endOf(way, admission.refused, taken?.report, Math.round(performance.now() - began));
    tried.push(ended);
    const isLast = ended.outcome === 'done' || session.signal.aborted || index === ways.length - 1;
    session.emit({ type: 'way-ended', tried: ended, next: isLast ? null : ways[index + 1]!.request.way });
    if (isLast) break;
  }
  if (report === undefined) throw errors.SHIP_ROLLBACK_REFUSED({ blocks: refused });
  return { ...report, tried, timing, duration_ms: Math.round(performance.now() - started) };
}

function endOf({ request }: WayBack, refused: readonly string[], report: Taken['report'] | undefined, duration_ms: number): TriedWay {
  const { way } = request;
  if (refused.length > 0) return { way, outcome: 'refused', reason: refused.join('; '), duration_ms };
  if (report === undefined) return { way, outcome: 'unavailable', reason: 'nothing here could do it', duration_ms };
  const [first] = report.remaining;
  return first === undefined
    ? { way, outcome: 'done', duration_ms }
    : { way, outcome: 'failed', reason: `${first.what}: ${first.error.message}`, duration_ms };
}
