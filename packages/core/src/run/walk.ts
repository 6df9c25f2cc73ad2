import type { RollbackRequest, RunOutcome } from '../hooks.js';
import { type RunStatus, SUITES, type SuiteReport } from '../types/index.js';
import { runContextOf } from './contexts.js';
import { writeDeployed } from './deployed.js';
import { type Judgement, judgeStep, judgeSuite } from './judge.js';
import { rollBack } from './rollback.js';
import { runSteps } from './schedule.js';
import type { Session } from './session.js';
import { runSuite } from './suites.js';
import { undoRun } from './undo-run.js';

/** The way of a run: its steps, its verification; on a failure the way back. */
export async function walk(session: Session): Promise<RunStatus> {
  if (session.kernel.hooks.beforeRun.isUsed()) await session.kernel.hooks.beforeRun.promise(runContextOf(session));
  // Plugins may have set variables in `beforeRun`: from here on the tools get them.
  session.env = { ...process.env };
  const { reports, failed, tolerated } = await runSteps(session);
  session.record.steps = reports;
  if (session.signal.aborted) return interrupted(session);
  // What fails after the lease was lost is not this run's to judge, nor to undo.
  if (failed) await session.lease.check();
  for (const { step, error } of tolerated) tolerate(session, await judgeStep(session, step, error));
  if (failed) return fail(session, await judgeStep(session, failed.step, failed.error));
  return verify(session);
}

async function verify(session: Session): Promise<RunStatus> {
  for (const suite of SUITES) {
    const checks = session.kernel.config.verify[suite];
    if (checks.length === 0) continue;
    const report = await runSuite(session, suite, checks, 'run');
    session.record.verification = { ...session.record.verification, [suite]: report };
    if (session.signal.aborted) return interrupted(session);
    warnOfOptional(session, report);
    if (report.outcome === 'passed') continue;
    const judgement = await judgeSuite(session, suite, report);
    if (!isTolerable(judgement)) return fail(session, judgement);
    tolerate(session, judgement);
  }
  await session.lease.check();
  return 'succeeded';
}

function warnOfOptional(session: Session, { checks }: SuiteReport): void {
  for (const { name, outcome, required, detail } of checks) {
    if (outcome !== 'passed' && !required) session.warn(`check ${name} ${outcome}${detail === undefined ? '' : `: ${detail}`}`);
  }
}

/** What is told and passed over stays so where rollbacks are switched off. */
const isTolerable = ({ decision: { action, severity } }: Judgement): boolean =>
  action === 'warn' || action === 'info' || (action === 'none' && (severity === 'MEDIUM' || severity === 'LOW'));

/** MEDIUM and LOW: told, and the run goes on. */
function tolerate(session: Session, { failure, decision }: Judgement): void {
  session.record.failure ??= failure;
  session.record.decision ??= decision;
  session.warn(failure.message);
}

async function fail(session: Session, { failure, decision }: Judgement): Promise<RunStatus> {
  Object.assign(session.record, { failure, decision });
  if (decision.action !== 'rollback') return 'failed';
  const request: RollbackRequest = {
    to: 'captures',
    ...(decision.scope === 'partial'
      ? { scope: 'partial', ...(failure.component ? { component: failure.component } : {}) }
      : { scope: 'full' }),
    target: session.target,
    failure,
    decision,
  };
  const status = await rollBack(session, request, 'rolled_back', (deadline) => undoRun(session, deadline));
  return status === 'interrupted' ? interrupted(session) : status;
}

function interrupted(session: Session): 'interrupted' {
  session.report(session.signal.reason);
  return 'interrupted';
}

/** Plugins close what they opened and keep their snapshot; then it is written down what is deployed. */
export async function afterRun(session: Session, status: RunStatus): Promise<void> {
  const { kernel, record } = session;
  const outcome: RunOutcome = { ...record, status };
  try {
    if (kernel.hooks.afterRun.isUsed()) await kernel.hooks.afterRun.promise(outcome, runContextOf(session));
    record.snapshot = outcome.snapshot;
    if (record.snapshot !== null) session.journal.note({ type: 'snapshot', id: record.snapshot });
    if (status === 'succeeded') await writeDeployed(session);
  } catch (error) {
    session.report(error);
  }
}
