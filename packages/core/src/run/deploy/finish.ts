import { isShipError, messageOf } from '../../errors/ship-error.js';
import type { Report, RunStatus } from '../../types/index.js';
import { reportKey, writeUnverified } from '../environment-state.js';
import { endLeftovers, RUN_MARK } from '../leftovers.js';
import { resourcesOf, type Session } from '../session.js';

/** How a run ended: its status, and the exit status where an error has one of its own. */
export interface Ending {
  readonly status: RunStatus;
  readonly exit?: number;
}

/**
 * Does the work, and turns what is thrown into an ending: a store that cannot write, a veto, a refusal.
 * What is known by then stands in the report all the same.
 */
export async function endOf(session: Session, work: () => Promise<RunStatus>): Promise<Ending> {
  try {
    return { status: await work() };
  } catch (error) {
    session.report(error);
    if (session.signal.aborted) return { status: 'interrupted' };
    const refused = isShipError(error) && error.exitCode === 6;
    const { direction, steps } = session.state;
    const acted = direction === 'back' ? steps.size > 0 : session.hasRun;
    const status = acted && !refused ? 'failed' : 'refused';
    return isShipError(error) && error.exitCode !== 130 ? { status, exit: error.exitCode } : { status };
  }
}

/** The last lines of a run: the journal is closed, the report is saved. */
export async function finish(session: Session, verb: 'deploy' | 'rollback' | 'resume' | 'recover', ending: Ending): Promise<Report> {
  await endLeftovers(session, RUN_MARK, 'the run');
  const { status, exit = EXIT_CODES[status] } = unlessLost(session, ending);
  const finalExit = (await closeJournal(session, status, exit)) ? exit : Math.max(exit, EXIT_CODES.failed);
  await writeUnverified(session, status).catch((error: unknown) => session.report(error));
  const report = buildReport(session, verb, status, finalExit);
  const { store, config } = session.kernel;
  try {
    await store.put(reportKey(config.environment, session.id), `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    session.warn(`the report was not saved: ${messageOf(error)}`);
  }
  tellSpooled(session);
  session.emit({ type: 'run-finished', status, exit_code: finalExit });
  return { ...report, warnings: session.warnings };
}

/** Nothing is lost, and somebody must bring it home. */
function tellSpooled(session: Session): void {
  const { kept, folder } = session.kernel.spool;
  if (kept.size === 0) return;
  session.warn(`the store did not take ${[...kept].join(', ')}: kept in ${folder}; \`ship state push\` brings it home`);
  kept.clear();
}

/** Who lost the lease before the last write has not succeeded: what is deployed was not written down. */
function unlessLost({ errors }: Session, { status, exit }: Ending): Ending {
  const lost = status === 'succeeded' && errors.some(({ code }) => code === 'SHIP_LEASE_LOST');
  return lost ? { status: 'failed', exit: 5 } : { status, ...(exit === undefined ? {} : { exit }) };
}

async function closeJournal(session: Session, status: RunStatus, exit_code: number): Promise<boolean> {
  try {
    await session.append({ type: 'run-finished', status, exit_code });
    await session.journal.close();
    return true;
  } catch (error) {
    session.report(error);
    return false;
  }
}

function buildReport(session: Session, verb: string, status: RunStatus, exit_code: number): Report {
  const { kernel, record, state } = session;
  for (const error of kernel.tapErrors.splice(0)) session.report(error);
  return {
    ...emptyReport(verb, session.started),
    run: session.id,
    project: kernel.config.project,
    environment: kernel.config.environment,
    status,
    exit_code,
    duration_ms: session.elapsed(),
    ...record,
    evidence: state.evidence,
    resources: resourcesOf(session),
    errors: session.errors,
    warnings: [...session.warnings],
  };
}

/** The exit status of each end of a run. Single errors may carry one of their own. */
export const EXIT_CODES: Readonly<Record<RunStatus, number>> = {
  succeeded: 0,
  rolled_back: 1,
  failed: 3,
  rollback_incomplete: 4,
  refused: 6,
  interrupted: 130,
};

/** A report of a verb in which nothing has happened yet. */
export function emptyReport(command: string, started: Date): Report {
  return {
    format: 1,
    command,
    run: null,
    project: null,
    environment: null,
    status: 'succeeded',
    exit_code: 0,
    started_at: started.toISOString(),
    duration_ms: 0,
    steps: [],
    failure: null,
    decision: null,
    rollback: null,
    verification: {},
    evidence: [],
    resources: { created: [], removed: [], kept: [], orphans: [] },
    snapshot: null,
    errors: [],
    warnings: [],
  };
}
