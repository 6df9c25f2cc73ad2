import { crashPoint } from '../crash-points.js';
import { errors } from '../errors/catalogue.js';
import type { RollbackRequest } from '../hooks.js';
import type { ComponentReport, ComponentState, Finding, RollbackReport, RunStatus } from '../types/index.js';
import { admit } from './admission.js';
import { runContextOf } from './contexts.js';
import { isAsInSnapshot, proveLive, UNVERIFIED, verifyTarget } from './proof.js';
import type { Session } from './session.js';

/** What a strategy did, before it is proven. */
export interface Undone {
  readonly components: readonly ComponentReport[];
  readonly remaining: readonly RollbackReport['remaining'][number][];
  /** What must be live afterwards, by component; null: nothing. */
  readonly expected: ReadonlyMap<string, ComponentState | null>;
}

/** Milliseconds that are left for the rollback. */
export type Deadline = () => number;

/**
 * Rolls back, and tells how it ended. `whole` is the status where nothing is left.
 * Throws SHIP_ROLLBACK_REFUSED before anything changes; every later error stands in the report.
 */
export async function rollBack(
  session: Session,
  request: RollbackRequest,
  whole: RunStatus,
  undo: (deadline: Deadline) => Promise<Undone>,
): Promise<RunStatus> {
  const report = await takeBack(session, request, undo);
  session.record.rollback = report;
  const status = session.signal.aborted ? 'interrupted' : report.remaining.length === 0 ? whole : 'rollback_incomplete';
  session.emit({ type: 'rollback-finished', report, status });
  const { afterRollback } = session.kernel.hooks;
  if (afterRollback.isUsed()) await afterRollback.promise(report, runContextOf(session));
  return status;
}

/** Admission, then the strategy of a plugin or `undo`, then the proof of what is live. */
async function takeBack(
  session: Session,
  request: RollbackRequest,
  undo: (deadline: Deadline) => Promise<Undone>,
): Promise<RollbackReport> {
  const started = performance.now();
  await session.lease.check();
  const findings = await admit(session, request);
  await session.journal.append({ type: 'rollback-started', scope: request.scope, target_snapshot: request.target?.id ?? null, findings });
  crashPoint('rollback-started');
  session.emit({ type: 'rollback-started', scope: request.scope, target: request.target?.id ?? null });
  const planned = await strategy(session, request);
  const report = planned ? await hold(session, request, planned) : await fullRollback(session, request, findings, started, undo);
  await session.journal.append({ type: 'rollback-finished', report });
  crashPoint('rollback-finished');
  return report;
}

/** The rollback of a plugin that has a better way. Where it fails the kernel's own follows: restores are idempotent. */
async function strategy(session: Session, request: RollbackRequest): Promise<RollbackReport | undefined> {
  const { rollback } = session.kernel.hooks;
  if (!rollback.isUsed()) return undefined;
  try {
    const report = (await rollback.promise(request, runContextOf(session))) ?? undefined;
    if (report === undefined || isReport(report)) return report;
    throw errors.SHIP_HOOK_CONTRACT({
      source: 'rollback',
      answer: JSON.stringify(report) ?? String(report),
      expected: 'a whole rollback report, or nothing',
    });
  } catch (error) {
    session.report(error);
    return undefined;
  }
}

/** What a plugin says it did is held to the same suite as what the kernel does, unless it has verified by itself. */
async function hold(session: Session, { target }: RollbackRequest, planned: RollbackReport): Promise<RollbackReport> {
  const verified = Object.keys(planned.verification).length > 0;
  if (verified || planned.remaining.length > 0 || session.signal.aborted) return planned;
  const { verification, problems } = await verifyTarget(session, target);
  return { ...planned, verification, remaining: [...planned.remaining, ...problems] };
}

function isReport(report: Partial<RollbackReport>): report is RollbackReport {
  const lists = [report.remaining, report.components, report.findings];
  const texts = report.scope !== undefined && (report.target_snapshot === null || typeof report.target_snapshot === 'string');
  return lists.every(Array.isArray) && texts && typeof report.verification === 'object' && typeof report.duration_ms === 'number';
}

async function fullRollback(
  session: Session,
  { target, to }: RollbackRequest,
  findings: readonly Finding[],
  started: number,
  undo: (deadline: Deadline) => Promise<Undone>,
): Promise<RollbackReport> {
  const left = () => session.kernel.config.rollback_timeout_ms - (performance.now() - started);
  const { components, remaining, expected } = await undo(left);
  const broken = new Set(remaining.map(({ what }) => what));
  const atLeast = () => Math.max(PROOF_MS, left());
  const unproven = session.signal.aborted ? [] : await proveLive(session, expected, broken, atLeast);
  const clean = remaining.length + unproven.length === 0 && !session.signal.aborted;
  const { verification, problems } = clean ? await verifyTarget(session, target) : UNVERIFIED;
  return {
    // Whatever was asked for, the kernel's own way takes the whole run back.
    scope: 'full',
    target_snapshot: target !== null && (to === 'snapshot' || isAsInSnapshot(session, target, expected)) ? target.id : null,
    components,
    findings,
    verification,
    remaining: [...remaining, ...unproven, ...problems],
    duration_ms: Math.round(performance.now() - started),
  };
}

/** A look at what is live is granted even when the time is over: without it nobody knows what there is. */
const PROOF_MS = 5_000;
