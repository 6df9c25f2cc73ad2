import { monotonicMs } from '@ship/system';
import { type Bounds, bounded, graceOf, mayRetry, retryDelay, sleep } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import { sideBySide } from '../../graph.js';
import type { StepGate } from '../../hooks.js';
import type { Json, ReportedError, Step, StepReport } from '../../types/index.js';
import { contextOf, runContextOf, stepContextOf } from '../contexts.js';
import { endLeftovers, markOf, takeStarted } from '../leftovers.js';
import { actionOf, attemptsOf, notRun, type Session } from '../session.js';

/** How the steps of a run ended. */
interface StepsOutcome {
  /** In the order of the plan; steps that never began are `not_run`. */
  readonly reports: readonly StepReport[];
  /** The failures that stop the run: more than one where steps ran side by side. */
  readonly failed: readonly FailedStep[];
  /** Failures of steps with `continue_on_error`. */
  readonly tolerated: readonly FailedStep[];
}

/** A step that failed, with the error itself for who judges it. */
interface FailedStep {
  readonly step: Step;
  readonly error: unknown;
}

/** Runs the steps of the plan, independent ones side by side. After a failure what runs may finish, and nothing new starts. */
export async function runSteps(session: Session): Promise<StepsOutcome> {
  const { plan, kernel, record, signal } = session;
  const before = new Map(record.steps.map((report) => [report.id, report]));
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const reports = new Map<string, StepReport>();
  const failed: FailedStep[] = [];
  const tolerated: FailedStep[] = [];
  const work = async (step: Step): Promise<boolean> => {
    const known = before.get(step.id);
    if (known && isFinished(session, step, known)) {
      reports.set(step.id, known);
      return true;
    }
    const { report, error } = await runStep(session, step);
    reports.set(step.id, report);
    if (report.status !== 'failed') return true;
    (step.continue_on_error ? tolerated : failed).push({ step, error });
    return step.continue_on_error;
  };
  await sideBySide(
    plan.steps,
    ({ needs }) => needs.map((id) => byId.get(id)!),
    kernel.config.max_parallel,
    work,
    () => failed.length > 0 || signal.aborted,
  );
  return { reports: plan.steps.map((step) => reports.get(step.id) ?? notRun(step)), failed, tolerated };
}

/** It is done, was passed over, or failed and the run goes on without it: it need not run again. */
function isFinished({ state }: Session, step: Step, { status }: StepReport): boolean {
  if (status === 'failed') return step.continue_on_error || state.tolerated.has(step.id);
  return status === 'done' || status === 'skipped';
}

/** What actions answer goes into one line of the journal. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

/** How a step ended, with the error itself for who judges it. */
interface StepOutcome {
  readonly report: StepReport;
  readonly error?: unknown;
}

/** Runs one step: gates, then capture -> intent -> act -> result, as often as `retry` says. Never throws for a failed step. */
async function runStep(session: Session, step: Step): Promise<StepOutcome> {
  const started = monotonicMs();
  const report = (fields: Pick<StepReport, 'status'> & Partial<StepReport>): StepReport => {
    const attempts = fields.status === 'skipped' ? 0 : attemptsOf(session, step.id);
    const failed = session.state.failedAttempts.get(step.id) ?? [];
    return {
      ...notRun(step),
      ...(attempts > 1 && failed.length > 0 ? { failed_attempts: failed } : {}),
      duration_ms: Math.round(monotonicMs() - started),
      attempts,
      ...fields,
    };
  };
  let outcome: StepOutcome;
  try {
    const skip = await gate(session, step);
    if (skip === undefined) await attemptUntilDone(session, step);
    else session.note({ type: 'step-skipped', step: step.id, reason: skip });
    outcome = { report: report(skip === undefined ? { status: 'done' } : { status: 'skipped', reason: skip }) };
  } catch (error) {
    outcome = { report: report({ status: 'failed', error: session.reported(error, step.id) }), error };
  }
  session.emit({ type: 'step-finished', step, report: outcome.report });
  if (session.kernel.hooks.afterStep.isUsed()) await session.kernel.hooks.afterStep.promise(outcome.report, runContextOf(session));
  return outcome;
}

/** Why the step is passed over. */
async function gate(session: Session, step: Step): Promise<string | undefined> {
  try {
    return await whySkip(session, step);
  } catch (error) {
    const attempt = attemptsOf(session, step.id);
    session.note({ type: 'failed', act: 'run', kind: 'step', name: step.id, attempt, error: session.reported(error, step.id) });
    throw error;
  } finally {
    await endLeftovers(session, markOf(step), `a condition of step ${step.id}`);
  }
}

async function whySkip(session: Session, step: Step): Promise<string | undefined> {
  for (const [name, argument] of Object.entries(step.when ?? {})) {
    const condition = session.kernel.registry.conditions.get(name)!;
    const holds = await bounded(boundsOf(session, step), (signal) =>
      condition.holds(contextOf(session, signal, step.id, markOf(step)), argument),
    );
    if (!holds) return `when: ${name} does not hold`;
  }
  const { beforeStep } = session.kernel.hooks;
  return beforeStep.isUsed() ? readGate(session, step, await beforeStep.promise(step, runContextOf(session))) : undefined;
}

function readGate(session: Session, step: Step, gate: StepGate | undefined | void): string | undefined {
  if (gate === undefined || gate === null) return undefined;
  if (typeof gate === 'object' && 'skip' in gate) return session.kernel.redactor.redact(String(gate.skip));
  if (typeof gate === 'object' && 'veto' in gate) throw errors.SHIP_STEP_VETOED({ step: step.id, reason: String(gate.veto) });
  throw errors.SHIP_HOOK_CONTRACT({ source: 'beforeStep', answer: JSON.stringify(gate), expected: 'nothing, { skip } or { veto }' });
}

async function attemptUntilDone(session: Session, step: Step): Promise<void> {
  const { retry } = step;
  const before = attemptsOf(session, step.id);
  for (let attempt = before + 1; ; attempt += 1) {
    session.emit({ type: 'step-started', step, attempt });
    try {
      return await attemptOnce(session, step, attempt);
    } catch (thrown) {
      const retried = retry !== undefined && !session.signal.aborted && mayRetry(retry, attempt - before, thrown);
      const failed = (error: ReportedError, more = {}) =>
        session.note({ type: 'failed', act: 'run', kind: 'step', name: step.id, attempt, error, ...more });
      const error = session.reported(thrown, step.id);
      failed(error, retried ? { retried } : {});
      if (!retried) throw thrown;
      const delay = retryDelay(retry, attempt - before);
      session.emit({ type: 'step-retried', step, attempt, delay_ms: delay, error });
      await sleep(delay, session.signal);
      if (!session.signal.aborted) continue;
      failed(session.reported(session.signal.reason, step.id));
      throw session.signal.reason;
    }
  }
}

/** What an attempt leaves running is ended before anything follows it, unless it is the service that the step is for. */
async function attemptOnce(session: Session, step: Step, attempt: number): Promise<void> {
  let isService = false;
  try {
    await act(session, step, attempt);
    isService = step.leaves === 'service';
  } finally {
    if (isService) takeStarted(session, markOf(step));
    else await endLeftovers(session, markOf(step), `step ${step.id}`);
  }
}

function act(session: Session, step: Step, attempt: number): Promise<void> {
  const action = actionOf(session.kernel, step)!;
  const { id, uses, input, component } = step;
  return bounded(boundsOf(session, step), async (signal) => {
    const ctx = stepContextOf(session, step, attempt, signal);
    const known = session.state.steps.get(id);
    const isFirst = known === undefined || known.status === 'undone';
    // What was there before the first attempt is what a rollback goes back to.
    const before = isFirst ? answer(step, 'capture', await action.capture?.(ctx, input)) : session.resolveSecrets(known.before);
    await session.lease.check();
    const named = component ? { component: component.name } : {};
    await session.append({ type: 'intent', act: 'run', kind: 'step', name: id, uses, attempt, ...named, input, before });
    if (signal.aborted) {
      // A step asked to stop while its intent was written has not acted yet, and shall not begin to: there is nothing to undo.
      if (isFirst) session.note({ type: 'restored', kind: 'step', name: id, changed: false });
      throw signal.reason;
    }
    const result = answer(step, 'run', await action.run(ctx, input, before));
    session.note({ type: 'result', kind: 'step', name: id, result });
  });
}

/** What an action answers, exactly as the journal will give it back, and safe from later changes. */
function answer(step: Step, what: string, value: unknown): Json {
  if (value === undefined || value === null) return null;
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new Error(`a ${typeof value}`);
    if (text.length > LARGEST_ANSWER) throw new Error(`${text.length} characters, more than ${LARGEST_ANSWER}`);
    return JSON.parse(text, (_key, part) => Object.freeze(part)) as Json;
  } catch (cause) {
    throw errors.SHIP_STEP_ANSWER({ step: step.id, what, problem: messageOf(cause).split('\n')[0]! }, { cause });
  }
}

function boundsOf(session: Session, step: Step): Bounds {
  return {
    timeoutMs: step.timeout_ms,
    parent: session.signal,
    timedOut: () => errors.SHIP_STEP_TIMEOUT({ step: step.id, timeoutMs: step.timeout_ms }),
    stuck: (graceMs) => errors.SHIP_STEP_STUCK({ step: step.id, graceMs }),
    ...graceOf(session.kernel.registry.actions.get(step.uses)),
  };
}
