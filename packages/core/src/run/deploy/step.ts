import { crashPoint } from '../../crash-points.js';
import { type Bounds, bounded, graceOf, mayRetry, retryDelay, sleep } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import type { StepGate } from '../../hooks.js';
import { monotonicMs } from '../../process.js';
import type { Json, Step, StepReport } from '../../types/index.js';
import { contextOf, runContextOf, stepContextOf } from '../contexts.js';
import { type ActedStep, type Attempts, notRun, type Session } from '../session.js';

/** What actions answer goes into one line of the journal. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

/** How a step ended, with the error itself for who judges it. */
export interface StepOutcome {
  readonly report: StepReport;
  readonly error?: unknown;
}

/** Runs one step: gates, then capture -> intent -> act -> result, as often as `retry` says. Never throws for a failed step. */
export async function runStep(session: Session, step: Step): Promise<StepOutcome> {
  const started = monotonicMs();
  const attempts = session.attemptsOf(step.id);
  const report = (fields: Pick<StepReport, 'status' | 'attempts'> & Partial<StepReport>): StepReport => ({
    ...notRun(step),
    ...(attempts.count > 1 && attempts.failed.length > 0 ? { failed_attempts: [...attempts.failed] } : {}),
    duration_ms: Math.round(monotonicMs() - started),
    ...fields,
  });
  const attemptsBefore = attempts.count;
  let outcome: StepOutcome;
  try {
    const skip = await whySkip(session, step);
    if (skip !== undefined) session.journal.note({ type: 'step-skipped', step: step.id, reason: skip });
    else await attemptUntilDone(session, step, attempts);
    outcome = {
      report:
        skip === undefined
          ? report({ status: 'done', attempts: attempts.count })
          : report({ status: 'skipped', attempts: 0, reason: skip }),
    };
  } catch (error) {
    const reported = session.reported(error, step.id);
    session.journal.note({ type: 'step-failed', step: step.id, attempt: attempts.count, error: reported });
    if (attempts.count > attemptsBefore) attempts.failed.push({ attempt: attempts.count, error: reported });
    outcome = { report: report({ status: 'failed', attempts: attempts.count, error: reported }), error };
  }
  crashPoint('step-finished');
  session.emit({ type: 'step-finished', step, report: outcome.report });
  if (session.kernel.hooks.afterStep.isUsed()) await session.kernel.hooks.afterStep.promise(outcome.report, runContextOf(session));
  return outcome;
}

async function whySkip(session: Session, step: Step): Promise<string | undefined> {
  for (const [name, argument] of Object.entries(step.when ?? {})) {
    const condition = session.kernel.registry.conditions.get(name)!;
    const holds = await bounded(boundsOf(session, step), (signal) => condition.holds(contextOf(session, signal, step.id), argument));
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

async function attemptUntilDone(session: Session, step: Step, attempts: Attempts): Promise<void> {
  const { retry } = step;
  const before = attempts.count;
  for (;;) {
    attempts.count += 1;
    session.emit({ type: 'step-started', step, attempt: attempts.count });
    try {
      return await attempt(session, step, attempts.count);
    } catch (error) {
      if (!retry || session.signal.aborted || !mayRetry(retry, attempts.count - before, error)) throw error;
      const reported = session.reported(error, step.id);
      const delay = retryDelay(retry, attempts.count - before);
      session.journal.note({ type: 'attempt-failed', step: step.id, attempt: attempts.count, error: reported });
      attempts.failed.push({ attempt: attempts.count, error: reported });
      session.emit({ type: 'step-retried', step, attempt: attempts.count, delay_ms: delay, error: reported });
      await sleep(delay, session.signal);
      if (session.signal.aborted) throw session.signal.reason;
    }
  }
}

function attempt(session: Session, step: Step, count: number): Promise<void> {
  return bounded(boundsOf(session, step), async (signal) => {
    const ctx = stepContextOf(session, step, count, signal);
    const acted = session.acted.get(step.id) ?? (await capture(session, step, ctx));
    crashPoint('captured');
    await session.lease.check();
    await session.journal.append({
      type: 'intent',
      step: step.id,
      uses: step.uses,
      attempt: count,
      ...(step.component ? { component: step.component.name } : {}),
      input: step.input,
      before: acted.before,
    });
    crashPoint('intended');
    // A step told to stop while its intent was written has not acted yet, and shall not begin to.
    session.signal.throwIfAborted();
    signal.throwIfAborted();
    session.acted.set(step.id, acted);
    acted.result = answer(step, 'run', await acted.action.run(ctx, step.input, acted.before));
    crashPoint('acted');
    session.journal.note({ type: 'result', step: step.id, result: acted.result });
  });
}

async function capture(session: Session, step: Step, ctx: Parameters<ActedStep['action']['run']>[0]): Promise<ActedStep> {
  const action = session.kernel.registry.actions.get(step.uses)!;
  return { step, action, before: answer(step, 'capture', await action.capture?.(ctx, step.input)) };
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
