import type { Decision, Evidence, Failure, Plan, RollbackReport, StepReport, VerificationReport } from '../types/index.js';

/** What is known of a run so far: the body of its report. */
export interface RunRecord {
  steps: readonly StepReport[];
  failure: Failure | null;
  decision: Decision | null;
  rollback: RollbackReport | null;
  verification: VerificationReport;
  snapshot: string | null;
  evidence: readonly Evidence[];
}

/** The record of a run in which nothing has happened. */
export function emptyRecord(plan: Plan): RunRecord {
  return { steps: plan.steps.map(notRun), failure: null, decision: null, rollback: null, verification: {}, snapshot: null, evidence: [] };
}

/** A step that never began. */
export function notRun(step: Plan['steps'][number]): StepReport {
  return {
    id: step.id,
    uses: step.uses,
    ...(step.component ? { component: step.component.name } : {}),
    status: 'not_run',
    duration_ms: 0,
    attempts: 0,
  };
}
