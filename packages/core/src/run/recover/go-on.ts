import { bounded, graceOf } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import type { RunState, StepState } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import { DEFAULT_STEP_TIMEOUT_MS } from '../../plan.js';
import type { ComponentConfig, Json, Plan, Probed, Step, StepReport } from '../../types/index.js';
import { confirm } from '../consent.js';
import { stepContextOf } from '../contexts.js';
import type { FannedOut } from '../fan-out.js';
import { endLeftovers, markOf } from '../leftovers.js';
import { makePlan } from '../read/plan.js';
import { probeStep } from '../rollback/restorables.js';
import { undoStep } from '../rollback/undo.js';
import { actedStep, changesOf, notRun, plannedStep, resolveSecrets, type Session, stepOf } from '../session.js';
import { settleOrphans } from './orphaned-processes.js';

/** The plan of a past run, from its journal alone: the config may have changed since, or be lost. */
export function planOfPast({ config, redactor }: Kernel, state: RunState): Plan {
  const components = resolveSecrets(redactor, state.components);
  const steps = state.plan.map(({ id, uses, on, needs, component, leaves, irreversible }) => ({
    id,
    uses,
    ...(on === undefined ? {} : { on }),
    ...(leaves && { leaves }),
    ...(irreversible === undefined ? {} : { irreversible }),
    needs,
    input: state.steps.get(id)?.input ?? {},
    ...componentNamed(components, component),
    timeout_ms: DEFAULT_STEP_TIMEOUT_MS,
    continue_on_error: false,
    critical: true,
  }));
  return Object.freeze({ config, steps, components, findings: [] });
}

const componentNamed = (components: readonly ComponentConfig[], name: string | undefined) => {
  const component = components.find((each) => each.name === name);
  return component === undefined ? {} : { component };
};

/** The plan of now, which must be that of the run: a step that was done under another plan says nothing about this one. */
export async function samePlan(kernel: Kernel, { run, plan: before }: RunState): Promise<Plan> {
  const plan = await makePlan(kernel);
  const changes = changesOf(
    before,
    plan.steps.map((step) => plannedStep(step, kernel.redactor)),
  );
  if (changes.length > 0) throw errors.SHIP_PLAN_CHANGED({ run: run ?? '', changes });
  return plan;
}

/** Settles what the cut-off left open, so that the steps that are not done can run, and those that are done need not. */
export async function prepareToGoOn(session: Session): Promise<void> {
  const { plan, record, state } = session;
  await settleOrphans(session, 'wait');
  for (const past of [...state.steps.values()]) {
    session.signal.throwIfAborted();
    if (isOpen(past)) await settleOpen(session, past);
  }
  record.steps = plan.steps.map((step) => {
    const past = state.steps.get(step.id);
    if (past?.status === 'done') return { ...reportOfPast(session, past), reason: 'was done before' };
    // Somebody let the run go on without it, and that stands.
    return past && state.tolerated.has(step.id) ? reportOfPast(session, past) : notRun(step);
  });
}

/** Nobody knows how it ended, or its undo was under way. */
const isOpen = ({ status }: StepState): boolean => status === 'unknown' || status === 'undo_failed';

/** Is the step done after all? One that is half done is undone first, so that it begins as it did the first time. */
async function settleOpen(session: Session, step: StepState): Promise<void> {
  const { id } = step;
  const probed = await probe(session, step);
  const { action, before, step: planned } = actedStep(session, step);
  const { goesOn } = action;
  session.warn(`step ${id} was cut off: ${goesOn && isHalf(probed) ? 'it is gone on with' : PROBED[probed ?? 'unknown']}`);
  if (probed === 'untouched') return;
  if (probed === 'done') return session.append({ type: 'result', kind: 'step', name: id, result: null });
  if (goesOn) return;
  if ('restoreUnfinished' in action) return restoreUnfinished(session, action as FannedOut, planned, before);
  const made = session.state.resources.some((line) => line.step === id && line.fate !== 'removed');
  if (session.kernel.registry.actions.get(step.uses)?.restore !== undefined || made) {
    const { status, error } = await undoStep(session, step, session.kernel.config.rollback_timeout_ms);
    if (error) throw errors.SHIP_RECOVER_UNDO({ step: id, reason: error.message });
    if (status === 'restored') return;
  }
  await confirm(session.kernel, `Step ${id} was cut off, and nothing tells how far it came. Run it again?`);
}

const isHalf = (probed: Probed | undefined): boolean => probed === 'partial' || probed === undefined;

/** Of a step on several targets those that are done stay so. */
async function restoreUnfinished(session: Session, action: FannedOut, step: Step, before: Json): Promise<void> {
  const timeoutMs = session.kernel.config.rollback_timeout_ms;
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: step.id, timeoutMs });
  await bounded({ timeoutMs, parent: session.signal, timedOut, ...graceOf(action) }, (signal) =>
    action.restoreUnfinished(stepContextOf(session, step, 1, signal), before, step.input),
  );
}

const PROBED: Readonly<Record<Probed | 'unknown', string>> = {
  untouched: 'it had changed nothing, and is run',
  done: 'it had done its work',
  partial: 'what it did is undone before it is run again',
  unknown: 'what it did is undone before it is run again',
};

async function probe(session: Session, past: StepState): Promise<Probed | undefined> {
  const { id, timeout_ms: timeoutMs } = stepOf(session, past.id);
  const timedOut = () => errors.SHIP_STEP_TIMEOUT({ step: id, timeoutMs });
  try {
    return await bounded({ timeoutMs, parent: session.signal, timedOut }, (signal) => probeStep(session, past, signal));
  } catch (error) {
    session.warn(`the probe of ${id} failed: ${messageOf(error)}`);
    return undefined;
  } finally {
    const { leaves } = stepOf(session, past.id);
    if (leaves === undefined) await endLeftovers(session, markOf({ id }), `the probe of ${id}`);
  }
}

const REPORTED: Readonly<Record<StepState['status'], StepReport['status']>> = {
  unknown: 'failed',
  done: 'done',
  failed: 'failed',
  undone: 'undone',
  undo_failed: 'undo_failed',
};

/** A step as the report of a recovery shows it, before the recovery has touched it. */
export function reportOfPast({ state }: Session, { id, uses, component, status, attempts, error }: StepState): StepReport {
  const failed = state.failedAttempts.get(id) ?? [];
  return {
    id,
    uses,
    ...(component === undefined ? {} : { component }),
    status: REPORTED[status],
    duration_ms: 0,
    attempts,
    ...(error === undefined ? {} : { error }),
    ...(attempts > 1 && failed.length > 0 ? { failed_attempts: failed } : {}),
  };
}
