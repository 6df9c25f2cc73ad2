import { sideBySide } from '../../graph.js';
import type { Step, StepReport } from '../../types/index.js';
import { notRun, type Session } from '../session.js';
import { runStep } from './step.js';

/** How the steps of a run ended. */
export interface StepsOutcome {
  /** In the order of the plan; steps that never began are `not_run`. */
  readonly reports: readonly StepReport[];
  /** The failures that stop the run: more than one where steps ran side by side. */
  readonly failed: readonly FailedStep[];
  /** Failures of steps with `continue_on_error`. */
  readonly tolerated: readonly FailedStep[];
}

/** A step that failed, with the error itself for who judges it. */
export interface FailedStep {
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
