import { bounded, SETTLE_GRACE_MS } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { isShipError, messageOf } from '../../errors/ship-error.js';
import { isDeploy, type StepState } from '../../journal/state.js';
import type {
  ComponentState,
  Decision,
  Failure,
  Outcome,
  RollbackReport,
  RollbackRequest,
  RunStatus,
  Snapshot,
  Strategy,
  TriedWay,
  Way,
} from '../../types/index.js';
import { runContextOf } from '../contexts.js';
import { suiteError } from '../deploy/suites.js';
import type { Session } from '../session.js';
import { isWhole } from '../verdict.js';
import { type Admission, admit } from './admission.js';
import type { Deadline } from './restore.js';
import { capturedStates, isDue, restoreSnapshot, undoRun } from './undo.js';
import { prove } from './verify.js';

/** How long a strategy may think. */
const STRATEGY_TIMEOUT_MS = 30_000;

/** Why a run is taken back; the decision is null while it is being made. */
export interface Reason {
  readonly failure: Failure | null;
  readonly decision: Decision | null;
}

/** A strategy, and whose it is; the kernel's own have no name. */
interface Candidate {
  readonly name?: string;
  readonly strategy: Strategy;
  readonly request: RollbackRequest;
}

/** The requests for a run, the quickest first. Those before `from` were tried before somebody cut the rollback off. */
export function requestsOfRun(session: Session, reason: Reason, from?: Way): readonly RollbackRequest[] {
  const { scope, via } = reason.decision!;
  const component = scope === 'partial' ? reason.failure?.component : undefined;
  const requests = [
    ...(via === 'instant' ? [requestFor(session, 'instant', reason, component)] : []),
    ...(component === undefined ? [] : [requestFor(session, 'partial', reason, component)]),
    ...fullRequests(session, reason),
  ];
  const first = requests.findIndex(({ way }) => way === from);
  return first > 0 ? requests.slice(first) : requests;
}

/** The request of a person who names a snapshot, for everything or for one component. */
export function requestForSnapshot(session: Session, target: Snapshot, decision: Decision, component?: string): RollbackRequest {
  const way = component === undefined ? 'full' : 'partial';
  return requestOf(session, { way, component, to: 'snapshot', target, failure: null, decision });
}

/** What a strategy is asked about, and then does. */
function requestFor(session: Session, way: 'instant' | 'partial', { failure, decision }: Reason, component?: string): RollbackRequest {
  const by: Decision | null = decision && way === 'partial' ? { ...decision, via: 'restore' } : decision;
  return requestOf(session, { way, component, to: 'captures', target: session.target, failure, decision: by });
}

/**
 * Back to where everything was verified last. That is what this run captured, unless a run before it failed and was
 * left: then the snapshot is gone back to, and what the run captured is the last resort.
 */
function fullRequests(session: Session, { failure, decision }: Reason): RollbackRequest[] {
  const { target } = session;
  const reason = { failure, decision: { ...decision!, scope: 'full' as const, via: 'restore' as const } };
  if (target === null || session.unverifiedSince === null)
    return [requestOf(session, { ...reason, way: target === null ? 'undo' : 'full', to: 'captures', target })];
  return [
    requestOf(session, { ...reason, way: 'full', to: 'snapshot', target }),
    requestOf(session, { ...reason, way: 'undo', to: 'captures', target: null }),
  ];
}

type Asked = Pick<RollbackRequest, 'way' | 'to' | 'target' | 'failure' | 'decision'> & { readonly component?: string | undefined };

/** A request, with what each component goes back to. */
function requestOf(session: Session, { component, ...asked }: Asked): RollbackRequest {
  const captured = capturedStates(session);
  const states = session.plan.components
    .filter(({ name }) => component === undefined || name === component)
    .flatMap(({ name }): [string, ComponentState | null][] => {
      const state = asked.to === 'snapshot' ? asked.target?.components[name] : captured.get(name);
      return state === undefined ? [] : [[name, state]];
    });
  return {
    ...asked,
    scope: component === undefined ? 'full' : 'partial',
    ...(component === undefined ? {} : { component }),
    states: Object.fromEntries(states),
    deployed: [...captured.keys()],
    restore: () =>
      Promise.reject(errors.SHIP_HOOK_CONTRACT({ source: 'strategy', answer: 'restore()', expected: 'it in rollback() alone' })),
  };
}

/** What the kernel's own strategies do, and others may ask for. */
async function restoreRequested(session: Session, { way, to, target, component }: RollbackRequest, left: Deadline): Promise<Outcome> {
  // After a snapshot that could not be gone back to, what was deployed is undone again: it may be half way there.
  const again = way === 'undo' && session.target !== null;
  const concerned = (step: StepState) =>
    (isDue(step) || (again && isDeploy(step))) && (component === undefined || step.component === component);
  const undone = await undoRun(session, left, concerned, component !== undefined);
  if (to !== 'snapshot' || target === null) return undone;
  const restored = await restoreSnapshot(session, target, left, component);
  return {
    ...restored,
    components: joined(restored.components, undone.components),
    remaining: [...undone.remaining, ...restored.remaining],
  };
}

const joined = (now: Outcome['components'], before: Outcome['components']): Outcome['components'] => [
  ...before.filter(({ name }) => now.every((each) => each.name !== name)),
  ...now,
];

/** Can a plugin take that failure back in that way? */
export async function hasWay(session: Session, way: 'instant' | 'partial', failure: Failure): Promise<boolean> {
  const component = way === 'partial' ? failure.component : undefined;
  const request = requestFor(session, way, { failure, decision: null }, component);
  for (const candidate of candidatesOf(session, request)) {
    if (candidate.name !== undefined && (await applies(session, candidate)) === true) return true;
  }
  return false;
}

/** The strategies of plugins, then the kernel's own, which switches no traffic. */
function candidatesOf({ kernel }: Session, request: RollbackRequest): Candidate[] {
  const { strategies } = kernel.registry;
  const brought = strategies.entries().filter(([, { way }]) => way === request.way);
  const own: Strategy = { way: request.way, applies: () => true, rollback: (_run, { restore }) => restore() };
  return [
    ...brought.map(([name, strategy]) => ({ name, strategy, request })),
    ...(request.way === 'instant' ? [] : [{ strategy: own, request }]),
  ];
}

async function applies(session: Session, { name, strategy, request }: Candidate): Promise<boolean | string> {
  if (name === undefined) return true;
  const source = `${session.kernel.registry.strategies.ownerOf(name)}/${name}.applies`;
  const timedOut = () => errors.SHIP_HOOK_TIMEOUT({ source, deadlineMs: STRATEGY_TIMEOUT_MS }, { source });
  const bounds = { timeoutMs: STRATEGY_TIMEOUT_MS, parent: session.signal, timedOut, graceMs: 2_000 };
  try {
    const answer: unknown = await bounded(bounds, (signal) => strategy.applies({ ...runContextOf(session), signal }, request));
    if (typeof answer === 'boolean' || typeof answer === 'string') return answer;
    throw errors.SHIP_HOOK_CONTRACT(
      { source, answer: JSON.stringify(answer) ?? String(answer), expected: 'true, false or why not' },
      { source },
    );
  } catch (error) {
    session.report(named(error, source));
    return false;
  }
}

const named = (error: unknown, source: string): Error =>
  isShipError(error) ? error : errors.SHIP_HOOK_FAILED({ source, message: messageOf(error) }, { cause: error, source });

/**
 * Tries the ways back in their order until one has left nothing, and says how it ended. `whole` is the status then;
 * `isBegun`: it was admitted before, and cut off.
 * Throws SHIP_ROLLBACK_REFUSED where none may be gone, before anything changes; every later error stands in the report.
 */
export async function rollBack(
  session: Session,
  requests: readonly RollbackRequest[],
  whole: RunStatus,
  isBegun = false,
): Promise<RunStatus> {
  const report = await new Ladder(session, requests, isBegun).climb();
  session.record.rollback = report;
  // What failed stands in its suite: nothing is left that a command could put back.
  for (const [suite, each] of Object.entries(report.verification)) if (each.outcome !== 'passed') session.report(suiteError(suite, each));
  await session.append({ type: 'rollback-finished', report });
  const status = session.signal.aborted ? 'interrupted' : isWhole(report) ? whole : 'rollback_incomplete';
  session.emit({ type: 'rollback-finished', report, status });
  const { afterRollback } = session.kernel.hooks;
  if (afterRollback.isUsed()) await afterRollback.promise(report, runContextOf(session));
  return status;
}

/** What a way came to, without what is known when all ways are over. */
type WayReport = Omit<RollbackReport, 'tried' | 'timing' | 'duration_ms'>;

class Ladder {
  readonly #started = performance.now();
  readonly #tried: TriedWay[] = [];
  readonly #timing;
  #refused: readonly string[] = [];
  #report: WayReport | undefined;

  constructor(
    private readonly session: Session,
    private readonly requests: readonly RollbackRequest[],
    private readonly isBegun: boolean,
  ) {
    this.#timing = { decision_ms: session.decisionMs, admission_ms: 0, execution_ms: 0, verification_ms: 0 };
  }

  async climb(): Promise<RollbackReport> {
    await this.session.lease.check();
    for (const [index, request] of this.requests.entries()) {
      const next = this.requests[index + 1]?.way ?? null;
      if (await this.#tryRequest(request, next)) break;
    }
    if (this.#report === undefined) throw errors.SHIP_ROLLBACK_REFUSED({ blocks: this.#refused });
    return {
      ...this.#report,
      remaining: [...this.#report.remaining, ...this.#unverified()],
      tried: this.#tried,
      timing: this.#timing,
      duration_ms: Math.round(performance.now() - this.#started),
    };
  }

  /** The last resort ends at what a run before had left, and that is no place to end at without a word. */
  #unverified(): RollbackReport['remaining'] {
    const { target, unverifiedSince: run, kernel } = this.session;
    if (this.#report!.way !== 'undo' || target === null || run === null) return [];
    const what = kernel.config.environment;
    const error = this.session.reported(errors.SHIP_ROLLBACK_UNVERIFIED({ environment: what, run, snapshot: target.id }));
    return [{ what, command: `ship --rollback-to ${target.id}`, error }];
  }

  /** Whether that was the last one to be tried. */
  async #tryRequest(request: RollbackRequest, next: Way | null): Promise<boolean> {
    const began = performance.now();
    const admission = await admit(this.session, request, this.isBegun);
    this.#timing.admission_ms += since(began);
    if (admission.refused.length > 0) {
      this.#refused = admission.refused;
      return this.#ended({ way: request.way, outcome: 'refused', reason: admission.refused.join('; '), duration_ms: since(began) }, next);
    }
    let why: string | undefined;
    for (const candidate of candidatesOf(this.session, request)) {
      const answer = await applies(this.session, candidate);
      if (typeof answer === 'string') why = answer;
      if (answer !== true) continue;
      const { restored, ...tried } = await this.#take(candidate, admission);
      // What it had the kernel restore, the kernel's own strategy would restore once more.
      const isLast = restored || candidate.name === undefined || request.way === 'instant';
      if (this.#ended(tried, isLast ? next : request.way)) return true;
      if (isLast) return false;
    }
    return this.#ended(
      { way: request.way, outcome: 'unavailable', reason: why ?? 'nothing here could do it', duration_ms: since(began) },
      next,
    );
  }

  #ended(tried: TriedWay, next: Way | null): boolean {
    this.#tried.push(tried);
    const { signal, cutOff } = this.session;
    // Where all is back as it was verified, and no longer holds, the undo would end at what was left broken before.
    const isBack = tried.way === 'full' && tried.outcome === 'failed' && next === 'undo' && this.#report?.remaining.length === 0;
    const isOver = tried.outcome === 'done' || isBack || signal.aborted || cutOff !== undefined || next === null;
    this.session.emit({ type: 'way-ended', tried, next: isOver ? null : next });
    return isOver;
  }

  async #take(candidate: Candidate, admission: Admission): Promise<TriedWay & { readonly restored: boolean }> {
    const { request, name } = candidate;
    const began = performance.now();
    await this.#begin(request, admission);
    const taken = await this.#rollBack(candidate);
    this.#timing.execution_ms += since(began);
    const end = (outcome: 'done' | 'failed', reason?: string) => ({
      restored: taken.restored,
      way: request.way,
      ...(name === undefined ? {} : { strategy: name }),
      outcome,
      ...(reason === undefined ? {} : { reason }),
      duration_ms: since(began),
    });
    if (taken.outcome === undefined) return end('failed', taken.reason);
    const proving = performance.now();
    this.#report = await prove(this.session, request, admission.findings, taken.outcome, taken.restored, this.#left);
    this.#timing.verification_ms += since(proving);
    if (isWhole(this.#report)) return end('done');
    const [first] = this.#report.remaining;
    const failed = Object.entries(this.#report.verification).find(([, { outcome }]) => outcome !== 'passed');
    return end('failed', first ? `${first.what}: ${first.error.message}` : `the ${failed![0]} suite failed`);
  }

  readonly #left: Deadline = () => this.session.kernel.config.rollback_timeout_ms - (performance.now() - this.#started);

  async #begin({ way, scope, to, target, component }: RollbackRequest, { findings }: Admission): Promise<void> {
    const target_snapshot = target?.id ?? null;
    const named = component === undefined ? {} : { component };
    await this.session.append({ type: 'rollback-started', way, scope, ...named, target_snapshot, findings });
    const shown = scope === 'partial' && to === 'captures' ? null : target_snapshot;
    this.session.emit({ type: 'rollback-started', way, scope, ...named, target: shown });
  }

  /** Has the strategy do it. One that throws, or answers nonsense, is reported. */
  async #rollBack({ name, strategy, request }: Candidate): Promise<{ outcome?: Outcome; reason?: string; restored: boolean }> {
    const { session } = this;
    let restored = false;
    const restore = () => {
      restored = true;
      return restoreRequested(session, request, this.#left);
    };
    if (name === undefined) return { outcome: await restore(), restored };
    const source = `${session.kernel.registry.strategies.ownerOf(name)}/${name}`;
    try {
      // What the kernel restores for it keeps to the deadline by itself, and may need its grace.
      const timeoutMs = Math.max(1, this.#left()) + SETTLE_GRACE_MS;
      const timedOut = () => errors.SHIP_HOOK_TIMEOUT({ source, deadlineMs: timeoutMs }, { source });
      const outcome: unknown = await bounded({ timeoutMs, parent: session.signal, timedOut }, (signal) =>
        strategy.rollback({ ...runContextOf(session), signal }, { ...request, restore }),
      );
      if (isOutcome(outcome)) return { outcome, restored };
      throw errors.SHIP_HOOK_CONTRACT(
        { source, answer: JSON.stringify(outcome) ?? String(outcome), expected: 'an outcome with `components` and `remaining`' },
        { source },
      );
    } catch (error) {
      session.report(named(error, source));
      return { reason: session.reported(error).message, restored };
    }
  }
}

const since = (began: number): number => Math.round(performance.now() - began);

const isOutcome = (outcome: unknown): outcome is Outcome => {
  const { components, remaining } = (outcome ?? {}) as Partial<Outcome>;
  return Array.isArray(components) && Array.isArray(remaining);
};
