import { errors } from '../../errors/catalogue.js';
import type { Direction } from '../../journal/entries.js';
import type { RunState } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import type { Decision, Failure, Report, RunStatus } from '../../types/index.js';
import { askConsent, confirm } from '../consent.js';
import { type Ending, emptyReport, endOf, finish } from '../deploy/finish.js';
import { afterRun, runPipeline } from '../deploy/pipeline.js';
import { writeTakenBack } from '../environment-state.js';
import { awaitLease } from '../lease.js';
import { type RunOptions, withPastSession } from '../open.js';
import { cutOffRun, goesBackFirst, isAutomatic, isUnfinished, lastRun, type PastRun } from '../read/past-run.js';
import { makePlan } from '../read/plan.js';
import { requestsOfRun, rollBack } from '../rollback/strategies.js';
import { ASKED_FOR, BY_TRAFFIC, byHand, demandRollbacks, demandSnapshots, goToSnapshot } from '../rollback/to-snapshot.js';
import type { Session } from '../session.js';
import { planOfPast, prepareToGoOn, reportOfPast, samePlan } from './go-on.js';
import { mendLeft } from './mend.js';
import { settleOrphans } from './orphaned-processes.js';

/** What `ship recover` is given: a direction, or none. */
export interface RecoverOptions extends RunOptions {
  readonly direction?: Direction;
}

/**
 * `ship recover`: finishes the last run of the environment, if it was cut off, interrupted, or rolled back
 * in part. Without a direction: where the run was going, and back where rollbacks are automatic. Whatever it does is
 * journalled in the run itself, so a recovery that is cut off is finished by the next one.
 */
export async function recover(kernel: Kernel, options: RecoverOptions): Promise<Report> {
  for (const { message } of await mendLeft(kernel, options.signal)) kernel.log('recover').warn(message);
  const past = await settledRun(kernel, options);
  if (past === undefined || !isUnfinished(past.state)) return nothingToDo(kernel, past, 'recover');
  if (past.state.restoresComponents) return finishSnapshot(kernel, past, options);
  const direction = options.direction ?? directionOf(kernel, past.state);
  return direction === 'back' ? takeBack(kernel, past, 'recover', options) : goOn(kernel, past, 'recover', options);
}

/** `ship resume`: goes on after the last finished step of the last run, which failed or was cut off. The plan must be the same. */
export async function resume(kernel: Kernel, options: RunOptions): Promise<Report> {
  const past = await settledRun(kernel, options);
  if (past === undefined || past.state.status === 'succeeded') return nothingToDo(kernel, past, 'resume');
  const { status, direction } = past.state;
  if (status === 'rolled_back' || direction === 'back' || past.state.restoresComponents)
    throw errors.SHIP_RESUME_BACK({ run: past.id, status: ENDED[status ?? 'interrupted'] });
  return goOn(kernel, past, 'resume', options);
}

/** What `ship rollback` is given. */
export interface RollbackOptions extends RunOptions {
  /** Traffic first, where a router stands. */
  readonly instant?: boolean;
}

/** `ship rollback`: takes the last run back, also one that succeeded. */
export async function rollbackLast(kernel: Kernel, options: RollbackOptions): Promise<Report> {
  demandRollbacks(kernel);
  if (options.instant && !kernel.config.rollback.instant_rollback)
    throw errors.SHIP_ROLLBACK_OFF({ by: 'optimization.rollback.instant_rollback' });
  const past = await settledRun(kernel, options);
  if (past === undefined || past.state.status === 'rolled_back') return nothingToDo(kernel, past, 'rollback');
  if (past.state.restoresComponents) throw errors.SHIP_ROLLBACK_OF_ROLLBACK({ run: past.id });
  const { approval, environment } = kernel.config;
  if (approval === 'required') await confirm(kernel, `Take the run ${past.id} in ${environment} back?`);
  return takeBack(kernel, past, 'rollback', options);
}

/** Before a new run: whatever a dead one left is finished first, as far as nobody needs to be asked. */
export async function recoverFirst(kernel: Kernel, options: RunOptions): Promise<void> {
  if ((await cutOffRun(kernel)) === undefined) return;
  // A run without an end may be one that is still under way: then its lease is held, and it may end while it is waited for.
  await awaitLease(kernel, options);
  const past = await cutOffRun(kernel);
  if (past === undefined) return;
  if (!goesBackFirst(kernel, past.state)) throw errors.SHIP_RECOVER_FIRST({ run: past.id, environment: kernel.config.environment });
  kernel.log('recover').warn(`the run ${past.id} was cut off: it is taken back first`);
  const { exit_code, errors: reported } = await recover(kernel, { ...options, direction: 'back' });
  if (exit_code !== 0) throw errors.SHIP_RECOVER_FAILED({ run: past.id, reason: reported[0]?.message ?? 'see its journal' });
}

/** The last run. Where `--lock-wait` says so, one that is under way is waited for first: it may end by itself. */
async function settledRun(kernel: Kernel, options: RunOptions): Promise<PastRun | undefined> {
  if (kernel.lockWaitMs > 0) await awaitLease(kernel, options);
  return lastRun(kernel);
}

function directionOf(kernel: Kernel, { direction, decision }: RunState): Direction {
  return direction === 'back' || decision?.action === 'rollback' || isAutomatic(kernel) ? 'back' : 'forward';
}

function takeBack(kernel: Kernel, past: PastRun, verb: 'recover' | 'rollback', options: RollbackOptions): Promise<Report> {
  return withPastSession(
    kernel,
    past,
    'back',
    options,
    (state) => planOfPast(kernel, state),
    async (session) => {
      const { state } = session;
      const reason =
        verb === 'rollback'
          ? { failure: null, decision: options.instant ? BY_TRAFFIC : ASKED_FOR }
          : { failure: failureOf(state), decision: decisionOf(state) };
      const ending = await endOf(session, () => takeBackRun(session, reason, past.state.status === 'rollback_incomplete'));
      return finish(session, verb, served(ending));
    },
  );
}

function goOn(kernel: Kernel, past: PastRun, verb: 'recover' | 'resume', options: RunOptions): Promise<Report> {
  return withPastSession(
    kernel,
    past,
    'forward',
    options,
    async (state) => {
      const plan = await samePlan(kernel, state);
      await askConsent(kernel, plan);
      return plan;
    },
    async (session) => {
      const ending = await endOf(session, async () => {
        await prepareToGoOn(session);
        return runPipeline(session);
      });
      await afterRun(session, ending.status);
      return finish(session, verb, ending);
    },
  );
}

/**
 * Takes a past run back to what its captures hold. What was undone before stays so; everything else is undone now, newest
 * first. A rollback that came to its end and left something is tried in all its ways again.
 */
async function takeBackRun(
  session: Session,
  { failure, decision }: { failure: Failure | null; decision: Decision },
  again: boolean,
): Promise<RunStatus> {
  const { state, record, plan } = session;
  Object.assign(record, { failure, decision });
  record.steps = plan.steps.flatMap(({ id }) => {
    const step = state.steps.get(id);
    return step === undefined ? [] : [reportOfPast(session, step)];
  });
  const { way } = state;
  await settleOrphans(session, 'end');
  const status = await rollBack(session, requestsOfRun(session, { failure, decision }, again ? undefined : way), 'rolled_back');
  if (status === 'rolled_back') await writeTakenBack(session);
  return status;
}

/** A rollback to a snapshot that was cut off: restoring is idempotent, so it is done again. */
async function finishSnapshot(kernel: Kernel, past: PastRun, options: RunOptions): Promise<Report> {
  const snapshot = await demandSnapshots(kernel).find(kernel.config.environment, past.state.targetSnapshot ?? '');
  const plan = () => makePlan(kernel, 'rollback');
  return withPastSession(kernel, past, 'back', options, plan, (session) => goToSnapshot(session, snapshot, 'recover', past.state.wayOf));
}

/** The command has done what it was asked for: that the run was rolled back is no failure of it. */
function served(ending: Ending): Ending {
  return ending.status === 'rolled_back' ? { status: 'rolled_back', exit: 0 } : ending;
}

function failureOf({ failure }: RunState): Failure {
  return failure ?? { type: 'unknown', trigger: 'step_failed', severity: 'CRITICAL', message: 'the run was cut off' };
}

function decisionOf({ decision }: RunState): Decision {
  return decision?.action === 'rollback' ? decision : byHand('CRITICAL', 'the run was cut off, and is taken back');
}

function whyNothing({ config: { environment } }: Kernel, past: PastRun | undefined, verb: string): string {
  const what = `nothing to ${verb === 'rollback' ? 'roll back' : verb}`;
  return past === undefined
    ? `${what}: no run has acted in ${environment}`
    : `${what}: the last run in ${environment}, ${past.id}, ${ENDED[past.state.status ?? 'interrupted']}`;
}

const ENDED: Readonly<Record<RunStatus, string>> = {
  succeeded: 'succeeded',
  rolled_back: 'was rolled back',
  failed: 'failed, and was left as it is',
  rollback_incomplete: 'was rolled back in part',
  refused: 'was refused',
  interrupted: 'was interrupted',
};

function nothingToDo(kernel: Kernel, past: PastRun | undefined, verb: string): Report {
  const { project, environment } = kernel.config;
  return { ...emptyReport(verb, new Date()), project, environment, result: kernel.redactor.redact(whyNothing(kernel, past, verb)) };
}
