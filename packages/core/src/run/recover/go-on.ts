import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import type { RunState, StepState } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import type { Plan, Probed } from '../../types/index.js';
import { confirm } from '../consent.js';
import { makePlan } from '../read/plan.js';
import { probeStep, undoStep } from '../rollback/restore.js';
import { type ActedStep, adoptResources, changesOf, plannedStep, type Session } from '../session.js';
import { settleOrphans } from './orphaned-processes.js';
import { actedStep, reportOfPast } from './past-steps.js';

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
export async function prepareToGoOn(session: Session, state: RunState): Promise<void> {
  const longest = Math.max(...session.plan.steps.map(({ timeout_ms }) => timeout_ms));
  await settleOrphans(session, state, longest);
  adoptResources(session, state);
  const steps = new Map(session.plan.steps.map((step) => [step.id, step]));
  for (const past of state.steps.values()) {
    session.signal.throwIfAborted();
    const step = steps.get(past.id)!;
    Object.assign(session.attemptsOf(past.id), { count: past.attempts, failed: [...past.failedAttempts] });
    const acted = actedStep(session, step, past);
    if (past.status === 'done' || (isOpen(past) && (await settleOpen(session, acted)))) {
      session.finished.set(step.id, { ...reportOfPast(past), status: 'done', reason: 'was done before' });
    }
    // Somebody let the run go on without it, and that stands.
    if (past.tolerated) session.finished.set(step.id, reportOfPast(past));
    // Undone means that there is nothing of it; else the first capture is what a rollback goes back to.
    if (past.status !== 'undone') session.acted.set(step.id, acted);
  }
}

/** Nobody knows how it ended, or its undo was under way. */
const isOpen = ({ status }: StepState): boolean => status === 'unknown' || status === 'undo_failed';

/** Is the step done after all? One that is half done is undone first, so that it begins as it did the first time. */
async function settleOpen(session: Session, acted: ActedStep): Promise<boolean> {
  const { step, action } = acted;
  const probed = await probe(session, acted);
  session.warn(`step ${step.id} was cut off: ${PROBED[probed ?? 'unknown']}`);
  if (probed === 'untouched') return false;
  if (probed === 'done') {
    await session.journal.append({ type: 'result', step: step.id, result: null });
    return true;
  }
  const made = session.resources.some((line) => line.step === step.id && line.fate !== 'removed');
  if (action.restore !== undefined || made) {
    const outcome = await undoStep(session, acted, session.kernel.config.rollback_timeout_ms);
    if (outcome.status === 'failed') throw errors.SHIP_RECOVER_UNDO({ step: step.id, reason: outcome.error.message });
    if (outcome.status === 'undone') return false;
  }
  await confirm(session.kernel, `Step ${step.id} was cut off, and nothing tells how far it came. Run it again?`);
  return false;
}

const PROBED: Readonly<Record<Probed | 'unknown', string>> = {
  untouched: 'it had changed nothing, and is run',
  done: 'it had done its work',
  partial: 'what it did is undone before it is run again',
  unknown: 'what it did is undone before it is run again',
};

async function probe(session: Session, acted: ActedStep): Promise<Probed | undefined> {
  const { step } = acted;
  const timedOut = () => errors.SHIP_STEP_TIMEOUT({ step: step.id, timeoutMs: step.timeout_ms });
  const bounds = { timeoutMs: step.timeout_ms, parent: session.signal, timedOut, stuck: timedOut };
  try {
    return await bounded(bounds, (signal) => probeStep(session, acted, signal));
  } catch (error) {
    session.warn(`the probe of ${step.id} failed: ${messageOf(error)}`);
    return undefined;
  }
}
