import { crashPoint } from '../crash-points.js';
import { errors } from '../errors/catalogue.js';
import type { RollbackRequest } from '../hooks.js';
import type { Finding, RollbackReport } from '../types/index.js';
import { runContextOf } from './contexts.js';
import { isAsInSnapshot, proveLive, UNVERIFIED, verifyAlone, verifyTarget } from './proof.js';
import type { Deadline, Undone, WayBack } from './rollback.js';
import type { Session } from './session.js';

/** What a way came to, and how long that took, in milliseconds. */
export interface Taken {
  /** Without what is known when all ways are over. */
  readonly report: Omit<RollbackReport, 'tried' | 'timing' | 'duration_ms'>;
  readonly execution_ms: number;
  readonly verification_ms: number;
}

/** A look at what is live is granted even when the time is over: without it nobody knows what there is. */
const PROOF_MS = 5_000;

/** Walks one way back: a plugin that can, else the kernel; then the proof of what is live. Undefined where nobody can. */
export async function takeWay(
  session: Session,
  { request, undo, rest }: WayBack,
  findings: readonly Finding[],
  left: Deadline,
): Promise<Taken | undefined> {
  const { scope, way, component } = request;
  const began = performance.now();
  const target_snapshot = request.target?.id ?? null;
  const named = component === undefined ? {} : { component };
  await session.journal.append({ type: 'rollback-started', way, scope, ...named, target_snapshot, findings });
  crashPoint('rollback-started');
  session.emit({
    type: 'rollback-started',
    way,
    scope,
    ...named,
    target: scope === 'partial' && request.to === 'captures' ? null : target_snapshot,
  });
  const planned = await askPlugins(session, request);
  const goesOn = planned !== undefined && planned.remaining.length === 0;
  const undone = planned === undefined ? await undo(left) : goesOn ? await rest?.(left) : undefined;
  const done = planned ? merged(planned, undone) : undone && { ...undone, findings };
  if (done === undefined) return undefined;
  const execution_ms = Math.round(performance.now() - began);
  // What a way before this one put back need not be what a plugin put back by itself.
  const expected = undone === undefined ? NOTHING_EXPECTED : session.takenBack;
  const report = await prove(session, request, done, expected, left);
  return { report, execution_ms, verification_ms: Math.round(performance.now() - began) - execution_ms };
}

const NOTHING: Undone = { components: [], parts: [], remaining: [] };
const NOTHING_EXPECTED: Session['takenBack'] = new Map();

/** What was put back, by whomever, and what a plugin has verified by itself. */
type Done = Undone & Pick<RollbackReport, 'findings'> & { readonly planned?: RollbackReport };

/** What a plugin did, and what the kernel undid after it. */
function merged(planned: RollbackReport, undone: Undone = NOTHING): Done {
  return {
    components: [...planned.components, ...undone.components.filter(({ name }) => planned.components.every((each) => each.name !== name))],
    parts: planned.parts ?? [],
    remaining: [...planned.remaining, ...undone.remaining],
    findings: planned.findings,
    planned,
  };
}

/** The rollback of a plugin that has a better way. One that fails is told, and counts as none: restores are idempotent. */
async function askPlugins(session: Session, request: RollbackRequest): Promise<RollbackReport | undefined> {
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

function isReport(report: Partial<RollbackReport>): report is RollbackReport {
  const lists = [report.remaining, report.components, report.findings];
  const texts = report.scope !== undefined && (report.target_snapshot === null || typeof report.target_snapshot === 'string');
  return lists.every(Array.isArray) && texts && typeof report.verification === 'object' && typeof report.duration_ms === 'number';
}

/** What was put back must be what is live, and hold what was promised then. */
async function prove(
  session: Session,
  request: RollbackRequest,
  done: Done,
  expected: Session['takenBack'],
  left: Deadline,
): Promise<Taken['report']> {
  const { target, to, way, scope, component } = request;
  const { components, parts, remaining, findings, planned } = done;
  const broken = new Set(remaining.map(({ what }) => what));
  const atLeast = () => Math.max(PROOF_MS, left());
  const unproven = session.signal.aborted ? [] : await proveLive(session, expected, broken, atLeast);
  const clean = remaining.length + unproven.length === 0 && !session.signal.aborted;
  const verifies = clean && Object.keys(planned?.verification ?? {}).length === 0;
  const verify = () =>
    scope === 'partial' && component !== undefined ? verifyAlone(session, component, target) : verifyTarget(session, target);
  const { verification, problems } = verifies ? await verify() : UNVERIFIED;
  const isTarget = target !== null && (to === 'snapshot' || (scope === 'full' && (await isAsInSnapshot(session, target, expected))));
  return {
    scope: planned?.scope ?? scope,
    way,
    target_snapshot: isTarget ? target.id : (planned?.target_snapshot ?? null),
    target: target && { id: target.id, version: target.version, timestamp: target.timestamp, verification: target.verification },
    components,
    parts,
    findings,
    verification: verifies ? verification : (planned?.verification ?? {}),
    remaining: [...remaining, ...unproven, ...problems],
  };
}
