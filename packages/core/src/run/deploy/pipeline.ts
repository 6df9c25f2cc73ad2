import { sleep } from '../../deadline.js';
import type { RunOutcome } from '../../hooks.js';
import { type CheckConfig, type RunStatus, type Step, SUITES, type SuiteName, type SuiteReport } from '../../types/index.js';
import { contextOf, runContextOf } from '../contexts.js';
import { writeDeployed, writeTakenBack } from '../environment-state.js';
import { isLost } from '../lease.js';
import { requestsOfRun, rollBack } from '../rollback/strategies.js';
import { attemptsOf, type Session } from '../session.js';
import { type Judgement, judgeOptional, judgeStep, judgeSuite } from './judge-failure.js';
import { runSteps } from './steps.js';
import { runSuite } from './suites.js';

/** The way of a run: its steps, its verification; on a failure the way back. */
export async function runPipeline(session: Session): Promise<RunStatus> {
  if (session.kernel.hooks.beforeRun.isUsed()) await session.kernel.hooks.beforeRun.promise(runContextOf(session));
  // Plugins may have set variables in `beforeRun`: from here on the tools get them.
  session.env = { ...process.env };
  const stopped = await runToTheEnd(session);
  if (stopped !== undefined) return fail(session, stopped);
  return session.signal.aborted ? interrupted(session) : verify(session);
}

/** Runs the steps, and runs them on where somebody who is asked wants that. Answers the judgement that stops the run. */
async function runToTheEnd(session: Session): Promise<Judgement | undefined> {
  for (;;) {
    const { reports, failed, tolerated } = await runSteps(session);
    session.record.steps = reports;
    if (session.signal.aborted) return undefined;
    // What fails after the lease was lost, or where nothing can be written down, is not this run's to judge, nor to undo.
    if (session.cutOff) throw session.cutOff;
    if (failed.length > 0) await session.lease.check();
    for (const { step, error } of tolerated) tolerate(session, await judgeStep(session, step, error));
    for (const { step, error } of failed) {
      const judgement = await judgeStep(session, step, error);
      if (!goesOn(session, step, judgement)) return judgement;
    }
    if (failed.length === 0) return undefined;
  }
}

/** Whether the run goes on after a failed step: without it, as was answered or as its severity says, or with it again. */
function goesOn(session: Session, step: Step, judgement: Judgement): boolean {
  const { answer } = judgement.decision;
  // A plugin may say that nothing is to be done about a grave failure; that the run can do without the step it cannot say.
  const isPassedOver = answer === 'continue' || (isMild(judgement) && isTolerable(judgement));
  if (isPassedOver) {
    session.note({ type: 'step-tolerated', step: step.id });
    tolerate(session, judgement);
  }
  if (answer === 'retry') {
    const attempt = attemptsOf(session, step.id);
    session.emit({ type: 'step-retried', step, attempt, delay_ms: 0, error: session.reported(judgement.failure.message, step.id) });
  }
  return isPassedOver || answer === 'retry';
}

async function verify(session: Session): Promise<RunStatus> {
  for (const suite of SUITES) {
    const checks = session.kernel.config.verify[suite];
    if (checks.length === 0) continue;
    const report = await runSuite(session, suite, checks, 'run', contextOf);
    session.record.verification = { ...session.record.verification, [suite]: report };
    if (session.signal.aborted) return interrupted(session);
    const judgement = await judgeReport(session, suite, report, checks);
    if (judgement) return fail(session, judgement);
  }
  const baked = await bake(session);
  if (baked) return session.signal.aborted ? interrupted(session) : fail(session, baked);
  if (session.signal.aborted) return interrupted(session);
  await session.lease.check();
  return 'succeeded';
}

/** What of a suite stops the run; undefined where it may go on. */
async function judgeReport(
  session: Session,
  suite: SuiteName,
  report: SuiteReport,
  asked: readonly CheckConfig[],
): Promise<Judgement | undefined> {
  if (report.outcome !== 'passed') {
    const judgement = await judgeSuite(session, suite, report, asked);
    if (!isTolerable(judgement)) return judgement;
    tolerate(session, judgement);
  }
  if (report.checks.every(({ outcome, required }) => outcome === 'passed' || required)) return undefined;
  warnOfOptional(session, report);
  const optional = await judgeOptional(session, suite, report, asked);
  if (!isTolerable(optional)) return optional;
  session.record.failure ??= optional.failure;
  session.record.decision ??= optional.decision;
  return undefined;
}

/**
 * A success has to hold: the smoke suite and every metric are asked again and again, and what fails then is a failure of
 * the run. Metrics are the checks that know by themselves what they set off.
 */
async function bake(session: Session): Promise<Judgement | undefined> {
  const { bake: wanted, verify } = session.kernel.config;
  if (wanted === undefined) return undefined;
  const isMetric = ({ kind }: CheckConfig) => session.kernel.registry.checks.get(kind)?.trigger !== undefined;
  const asked = SUITES.map((suite) => [suite, suite === 'smoke' ? verify.smoke : verify[suite].filter(isMetric)] as const);
  const until = performance.now() + wanted.for_ms;
  while (performance.now() < until && !session.signal.aborted) {
    await sleep(Math.min(wanted.every_ms, until - performance.now()), session.signal);
    for (const [suite, checks] of asked.filter(([, each]) => each.length > 0)) {
      if (session.signal.aborted) return undefined;
      const report = await runSuite(session, suite, checks, 'run', contextOf);
      if (session.signal.aborted || report.outcome === 'passed') continue;
      session.record.verification = { ...session.record.verification, [suite]: report };
      const judgement = await judgeReport(session, suite, report, checks);
      if (judgement) return judgement;
    }
  }
  return undefined;
}

function warnOfOptional(session: Session, { checks }: SuiteReport): void {
  for (const { name, outcome, required, detail } of checks) {
    if (outcome !== 'passed' && !required) session.warn(`check ${name} ${outcome}${detail === undefined ? '' : `: ${detail}`}`);
  }
}

const isMild = ({ decision: { severity } }: Judgement): boolean => severity === 'MEDIUM' || severity === 'LOW';

/** What is reported and passed over stays so where rollbacks are switched off. */
const isTolerable = (judgement: Judgement): boolean => {
  const { action } = judgement.decision;
  return action === 'warn' || action === 'info' || (action === 'none' && isMild(judgement));
};

/** MEDIUM and LOW: reported, and the run goes on. */
function tolerate(session: Session, { failure, decision }: Judgement): void {
  session.record.failure ??= failure;
  session.record.decision ??= decision;
  session.warn(failure.message);
}

async function fail(session: Session, { failure, decision }: Judgement): Promise<RunStatus> {
  Object.assign(session.record, { failure, decision });
  if (decision.action !== 'rollback') return 'failed';
  const status = await rollBack(session, requestsOfRun(session, { failure, decision }), 'rolled_back');
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
    if (record.snapshot !== null) session.note({ type: 'snapshot', id: record.snapshot });
    if (status === 'succeeded') await writeDeployed(session);
    else if (status === 'rolled_back' && record.rollback?.scope === 'partial') await writeTakenBack(session);
  } catch (error) {
    session.report(error);
    if (isLost(error)) session.cutOff ??= error;
  }
}
