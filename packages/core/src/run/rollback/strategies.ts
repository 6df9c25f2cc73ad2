import { crashPoint } from '../../crash-points.js';
import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { isShipError, messageOf } from '../../errors/ship-error.js';
import type { RollbackRequest } from '../../hooks.js';
import type {
  ComponentReport,
  ComponentState,
  Decision,
  Failure,
  FailureContext,
  Finding,
  PartReport,
  RollbackReport,
  RunStatus,
  Snapshot,
  Strategy,
  StrategyQuestion,
  TriedWay,
  Way,
} from '../../types/index.js';
import { contextOf, runContextOf } from '../contexts.js';
import type { Session } from '../session.js';
import { admit } from './admission.js';
import { capturedStates, type Deadline, isDeploy, restoreSnapshot, type Undone, undoRun } from './restore.js';
import { isAsInSnapshot, proveLive, UNVERIFIED, verifyAlone, verifyTarget } from './verify.js';

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

/** Why a run is taken back. */
export interface Reason {
  readonly failure: Failure | null;
  readonly decision: Decision;
}

/** The ways back from a run, the quickest first. Those before `from` were tried before somebody cut the rollback off. */
export function waysOfRun(session: Session, reason: Reason, from?: Way): readonly WayBack[] {
  const { scope, via } = reason.decision;
  const component = scope === 'partial' ? reason.failure?.component : undefined;
  const ways = [
    ...(via === 'instant' ? [instantWay(session, reason, component)] : []),
    ...(component === undefined ? [] : [partialWay(session, reason, component)]),
    ...fullWays(session, reason),
  ];
  const first = ways.findIndex(({ request }) => request.way === from);
  return first > 0 ? ways.slice(first) : ways;
}

/** The way of a person who names a snapshot, for everything or for one component. */
export function wayToSnapshot(session: Session, target: Snapshot, decision: Decision, component?: string): WayBack {
  const way = component === undefined ? 'full' : 'partial';
  const request = requestOf(session, { way, component, to: 'snapshot', target, failure: null, decision });
  return { request, undo: (deadline) => restoreSnapshot(session, target, deadline, component) };
}

/** A request, with what each component goes back to. */
function requestOf(
  session: Session,
  { component, ...request }: Omit<RollbackRequest, 'states' | 'scope' | 'component'> & { readonly component?: string | undefined },
): RollbackRequest {
  const concerned = session.plan.components.filter(({ name }) => component === undefined || name === component);
  const captured = capturedStates(session);
  const states = concerned.flatMap(({ name }): [string, ComponentState | null][] => {
    const state = request.to === 'snapshot' ? request.target?.components[name] : captured.get(name);
    return state === undefined ? [] : [[name, state]];
  });
  return {
    ...request,
    scope: component === undefined ? 'full' : 'partial',
    ...(component === undefined ? {} : { component }),
    states: Object.fromEntries(states),
  };
}

/** Traffic goes back first, in milliseconds; then the run is undone while nobody sees it any more. */
function instantWay(session: Session, { failure, decision }: Reason, component: string | undefined): WayBack {
  const request = requestOf(session, { way: 'instant', component, to: 'captures', target: session.target, failure, decision });
  return {
    request,
    undo: async () => undefined,
    // Its restores find the traffic back already, and take away what nobody sees any more.
    rest: (deadline) => undoRun(session, deadline, component === undefined ? undefined : ({ step }) => step.component?.name === component),
  };
}

function partialWay(session: Session, { failure, decision }: Reason, component: string): WayBack {
  const restoring: Decision = { ...decision, via: 'restore' };
  const request = requestOf(session, { way: 'partial', component, to: 'captures', target: session.target, failure, decision: restoring });
  return { request, undo: (deadline) => undoRun(session, deadline, ({ step }) => step.component?.name === component) };
}

/**
 * Back to where everything was verified last. That is what this run captured, unless a run before it failed and was
 * left: then the snapshot is gone back to, and what the run captured is the last resort.
 */
function fullWays(session: Session, { failure, decision }: Reason): WayBack[] {
  const { target } = session;
  const full: Decision = { ...decision, scope: 'full', via: 'restore' };
  const undo = (deadline: Deadline) => undoRun(session, deadline);
  const reason = { failure, decision: full };
  if (target === null || session.unverifiedSince === null)
    return [{ request: requestOf(session, { ...reason, way: target === null ? 'undo' : 'full', to: 'captures', target }), undo }];
  return [
    {
      request: requestOf(session, { ...reason, way: 'full', to: 'snapshot', target }),
      undo: (deadline) => undoAndRestore(session, target, deadline),
    },
    {
      request: requestOf(session, { ...reason, way: 'undo', to: 'captures', target: null }),
      undo: (deadline) => {
        for (const { step } of [...session.acted.values()].filter(isDeploy)) session.undone.delete(step.id);
        return undoRun(session, deadline);
      },
    },
  ];
}

async function undoAndRestore(session: Session, target: Snapshot, deadline: Deadline): Promise<Undone> {
  const undone = await undoRun(session, deadline);
  const restored = await restoreSnapshot(session, target, deadline);
  const again = new Set(restored.components.map(({ name }) => name));
  return {
    components: [...undone.components.filter(({ name }) => !again.has(name)), ...restored.components],
    parts: restored.parts,
    remaining: [...undone.remaining, ...restored.remaining],
  };
}

/** How long a strategy may think. */
const STRATEGY_TIMEOUT_MS = 30_000;

type BetterWay = keyof Strategy;

/** Does any plugin have that way back from this failure? One that cannot tell has none. */
export async function hasWay(session: Session, way: BetterWay, failure: FailureContext['failure']): Promise<boolean> {
  const { strategies } = session.kernel.registry;
  for (const name of strategies.names()) {
    if (strategies.get(name)?.[way] && (await ask(session, name, way, questionOf(session, failure)))) return true;
  }
  return false;
}

function questionOf(session: Session, failure: FailureContext['failure']): StrategyQuestion {
  const { kernel, acted, target } = session;
  const component = failure.component === undefined ? undefined : kernel.config.components[failure.component];
  const deployed = [...acted.values()].filter(isDeploy).map(({ step }) => step.component!);
  return {
    failure,
    ...(component ? { component } : {}),
    components: kernel.config.components,
    deployed: [...new Set(deployed)],
    states: Object.fromEntries(capturedStates(session)),
    target,
  };
}

async function ask(session: Session, name: string, way: BetterWay, question: StrategyQuestion): Promise<boolean> {
  const source = `${session.kernel.registry.strategies.ownerOf(name)}/${way}`;
  const timedOut = () => errors.SHIP_HOOK_TIMEOUT({ source, deadlineMs: STRATEGY_TIMEOUT_MS }, { source });
  const bounds = { timeoutMs: STRATEGY_TIMEOUT_MS, parent: session.signal, timedOut, stuck: timedOut, graceMs: 2_000 };
  try {
    const strategy = session.kernel.registry.strategies.get(name)!;
    const answer: unknown = await bounded(bounds, (signal) => strategy[way]!(contextOf(session, signal, name), question));
    if (typeof answer === 'boolean') return answer;
    throw errors.SHIP_HOOK_CONTRACT({ source, answer: JSON.stringify(answer) ?? String(answer), expected: 'true or false' }, { source });
  } catch (error) {
    session.report(isShipError(error) ? error : errors.SHIP_HOOK_FAILED({ source, message: messageOf(error) }, { cause: error, source }));
    return false;
  }
}
