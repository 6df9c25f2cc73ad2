import { errors } from '../errors/catalogue.js';
import type { RollbackRequest } from '../hooks.js';
import type {
  CheckConfig,
  ComponentConfig,
  ComponentReport,
  ComponentState,
  Finding,
  RollbackReport,
  SuiteName,
  VerificationReport,
} from '../types/index.js';
import { bounded } from './bounded.js';
import { contextOf, runContextOf } from './contexts.js';
import type { ActedStep, Session } from './session.js';
import { runSuite, suiteError } from './suites.js';
import { type UndoOutcome, undoStep } from './undo.js';

type Remaining = RollbackReport['remaining'][number];

/** What a strategy did, before it is proven. */
export interface Undone {
  readonly components: readonly ComponentReport[];
  readonly remaining: readonly Remaining[];
  /** What must be live afterwards, by component; null: nothing. */
  readonly expected: ReadonlyMap<string, ComponentState | null>;
}

/**
 * Rolls back: admission, then the strategy of a plugin or `undo`, then the proof of what is live.
 * Throws SHIP_ROLLBACK_REFUSED before anything changes; every later error stands in the report.
 */
export async function rollBack(
  session: Session,
  request: RollbackRequest,
  undo: (deadline: Deadline) => Promise<Undone>,
): Promise<RollbackReport> {
  const started = performance.now();
  await session.lease.check();
  const findings = await admit(session, request);
  await session.journal.append({ type: 'rollback-started', scope: request.scope, target_snapshot: request.target?.id ?? null, findings });
  session.emit({ type: 'rollback-started', scope: request.scope, target: request.target?.id ?? null });
  const report = (await strategy(session, request)) ?? (await fullRollback(session, request, findings, started, undo));
  await session.journal.append({ type: 'rollback-finished', report });
  return report;
}

/** The rollback of a plugin that has a better way. Where it fails the kernel's own follows: restores are idempotent. */
async function strategy(session: Session, request: RollbackRequest): Promise<RollbackReport | undefined> {
  const { rollback } = session.kernel.hooks;
  if (!rollback.isUsed()) return undefined;
  try {
    const report = (await rollback.promise(request, runContextOf(session))) ?? undefined;
    if (report === undefined || (Array.isArray(report.remaining) && Array.isArray(report.components) && report.verification)) return report;
    throw errors.SHIP_HOOK_CONTRACT({
      source: 'rollback',
      answer: JSON.stringify(report) ?? String(report),
      expected: 'a rollback report, or nothing',
    });
  } catch (error) {
    session.report(error);
    return undefined;
  }
}

/** Milliseconds that are left for the rollback; at least 1. */
export type Deadline = () => number;

async function fullRollback(
  session: Session,
  request: RollbackRequest,
  findings: readonly Finding[],
  started: number,
  undo: (deadline: Deadline) => Promise<Undone>,
): Promise<RollbackReport> {
  const deadline = () => Math.max(1, session.kernel.config.rollback_timeout_ms - (performance.now() - started));
  const undone = await undo(deadline);
  const unproven = session.signal.aborted ? [] : await prove(session, undone, deadline);
  const broken = [...undone.remaining, ...unproven];
  const { verification, problems } = broken.length === 0 && !session.signal.aborted ? await verifyTarget(session, request) : UNVERIFIED;
  const remaining = [...broken, ...problems];
  return {
    scope: request.scope,
    target_snapshot: request.target?.id ?? null,
    components: undone.components,
    findings,
    verification,
    remaining,
    duration_ms: Math.round(performance.now() - started),
  };
}

/** Complete: nothing is left, and what was verified holds. */
export function isComplete({ remaining }: RollbackReport): boolean {
  return remaining.length === 0;
}

async function admit(session: Session, request: RollbackRequest): Promise<readonly Finding[]> {
  const findings: Finding[] = await driverFindings(session, request);
  const { beforeRollback } = session.kernel.hooks;
  if (beforeRollback.isUsed())
    await beforeRollback.promise(request, runContextOf(session), (finding) => findings.push(session.kernel.redactor.redactDeep(finding)));
  const { forceRollback } = session.kernel;
  const blocks = findings.filter(({ level }) => level === 'block' || (level === 'warn' && !forceRollback && request.failure === null));
  if (blocks.length > 0) throw errors.SHIP_ROLLBACK_REFUSED({ blocks: blocks.map(({ message }) => message) });
  return findings;
}

async function driverFindings(session: Session, { target, failure }: RollbackRequest): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const component of session.plan.components) {
    const state = target?.components[component.name];
    const touched = failure === null || [...session.acted.values()].some(({ step }) => step.component?.name === component.name);
    if (state && touched)
      findings.push(
        ...((await session.kernel.registry.drivers.get(component.driver)?.admit?.(contextOf(session), component, state)) ?? []),
      );
  }
  return findings;
}

/** What was rolled back must be what is live: version and config of each component. */
async function prove(session: Session, { expected, remaining }: Undone, deadline: Deadline): Promise<Remaining[]> {
  const broken = new Set(remaining.map(({ what }) => what));
  const problems: Remaining[] = [];
  for (const [name, state] of expected) {
    const component = session.kernel.config.components[name];
    if (component === undefined || broken.has(name)) continue;
    try {
      const live = await describeLive(session, component, deadline());
      const same = live?.version === state?.version && live?.config_hash === state?.config_hash;
      if (!same)
        throw errors.SHIP_ROLLBACK_PROOF({ component: name, live: live?.version ?? 'nothing', expected: state?.version ?? 'nothing' });
    } catch (error) {
      problems.push({ what: name, error: session.reported(error, name) });
    }
  }
  return problems;
}

/** What is live, asked under the deadline of the rollback. */
export function describeLive(session: Session, component: ComponentConfig, timeoutMs: number): Promise<ComponentState | undefined> {
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: component.name, timeoutMs });
  const driver = session.kernel.registry.drivers.get(component.driver)!;
  return bounded({ timeoutMs, parent: session.signal, timedOut, stuck: timedOut }, (signal) =>
    driver.describe(contextOf(session, signal, component.name), component),
  );
}

interface Verified {
  readonly verification: VerificationReport;
  readonly problems: readonly Remaining[];
}

const UNVERIFIED: Verified = { verification: {}, problems: [] };

/** The smoke suite that the target passed then must pass now. Where nothing was verified before, there is nothing to hold it to. */
async function verifyTarget(session: Session, { target }: RollbackRequest): Promise<Verified> {
  if (target === null) return UNVERIFIED;
  const verify = target.config.verify as Partial<Record<SuiteName, CheckConfig[]>> | undefined;
  const checks = (verify?.smoke ?? session.kernel.config.verify.smoke).filter((check) => session.kernel.registry.checks.get(check.kind));
  if (checks.length === 0) return UNVERIFIED;
  try {
    const smoke = await runSuite(session, 'smoke', session.resolveSecrets(checks), 'rollback');
    const problems =
      smoke.outcome === 'passed' ? [] : [{ what: 'the smoke suite', error: session.reported(suiteError('smoke', smoke), 'smoke') }];
    return { verification: { smoke }, problems };
  } catch (error) {
    return { verification: {}, problems: [{ what: 'the smoke suite', error: session.reported(error, 'smoke') }] };
  }
}

/** Undoes the steps of this run, newest first. A failed undo does not keep the others from theirs. */
export async function undoRun(session: Session, deadline: Deadline): Promise<Undone> {
  const components: ComponentReport[] = [];
  const remaining: Remaining[] = [];
  const expected = new Map<string, ComponentState | null>();
  for (const acted of [...session.acted.values()].reverse()) {
    if (session.signal.aborted) {
      remaining.push({ what: acted.step.id, error: session.reported(session.signal.reason, acted.step.id) });
      continue;
    }
    const outcome = await undoStep(session, acted, deadline());
    const { id, component } = acted.step;
    if (outcome.status === 'failed')
      remaining.push({
        what: component?.name ?? id,
        ...(outcome.remedy === undefined ? {} : { command: outcome.remedy }),
        error: outcome.error,
      });
    mark(session, id, outcome);
    if (component && acted.step.uses === 'deploy') {
      expected.set(component.name, acted.before as unknown as ComponentState | null);
      components.push(componentReport(acted, outcome));
    }
  }
  return { components, remaining, expected };
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
  return {
    name: component.name,
    from: component.version,
    to: before?.version ?? null,
    status: outcome.status === 'failed' ? 'failed' : outcome.detail === 'nothing had changed' ? 'unchanged' : 'restored',
    duration_ms: outcome.duration_ms,
    ...(outcome.status === 'failed' ? { error: outcome.error } : {}),
  };
}
