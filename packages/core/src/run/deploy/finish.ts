import { isShipError, messageOf } from '../../errors/ship-error.js';
import { versionsIn } from '../../journal/state.js';
import type { Report, RunStatus } from '../../types/index.js';
import { reportKey, writeUnverified } from '../environment-state.js';
import { isLost } from '../lease.js';
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
    if (isLost(error)) session.cutOff ??= error;
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
  const planned = session.cutOff ? endOfCutOff(session) : ending;
  await closeJournal(session, planned.status, planned.exit ?? EXIT_CODES[planned.status]);
  const { status, exit = EXIT_CODES[status] } = session.cutOff ? endOfCutOff(session) : planned;
  if (session.cutOff === undefined) await writeUnverified(session, status).catch((error: unknown) => session.report(error));
  const made = (code: number) => session.kernel.redactor.redactDeep(buildReport(session, verb, status, code));
  let report = made(exit);
  await save(session, report);
  // What a store has refused must not go unnoticed, wherever it is kept.
  if (exit === 0 && isUnsaved(session)) {
    report = made(EXIT_CODES.failed);
    await save(session, report);
  }
  tellSpooled(session);
  session.emit({ type: 'run-finished', status, exit_code: report.exit_code });
  return { ...report, errors: session.errors, warnings: session.warnings };
}

/** A run that is cut off has no end, and so no report: whoever finishes it writes that. */
async function save(session: Session, report: Report): Promise<void> {
  if (session.cutOff !== undefined) return;
  const { kernel, id } = session;
  try {
    await kernel.store.put(reportKey(kernel.config.environment, id), `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    session.warn(`the report was not saved: ${messageOf(error)}`);
  }
}

const isUnsaved = ({ kernel, errors }: Session): boolean =>
  kernel.spool.kept.size > 0 || errors.some(({ code }) => code === 'SHIP_STORE_WRITE_FAILED');

/** A run that could not write to its end: nobody has judged it, and what it did stands. */
function endOfCutOff({ cutOff, record }: Session): Ending & { readonly exit: number } {
  const status = record.decision?.action === 'rollback' ? 'rollback_incomplete' : 'interrupted';
  if (isLost(cutOff)) return { status, exit: cutOff.exitCode };
  return { status, exit: status === 'interrupted' ? EXIT_CODES.failed : EXIT_CODES.rollback_incomplete };
}

/** Nothing is lost, and somebody must bring it home. */
function tellSpooled(session: Session): void {
  const { kept, folder } = session.kernel.spool;
  if (kept.size === 0) return;
  session.warn(`the store did not take ${[...kept].join(', ')}: kept in ${folder}; \`ship state push\` brings it home`);
  kept.clear();
}

/** A run that is cut off gets no end: it waits for its recovery. */
async function closeJournal(session: Session, status: RunStatus, exit_code: number): Promise<void> {
  try {
    if (session.cutOff === undefined) await session.append({ type: 'run-finished', status, exit_code });
    await session.journal.close();
  } catch (error) {
    session.report(error);
  }
}

function buildReport(session: Session, verb: string, status: RunStatus, exit_code: number): Report {
  const { kernel, record, state } = session;
  const versions = versionsIn(state);
  for (const error of kernel.tapErrors.splice(0)) session.report(error);
  return {
    ...emptyReport(verb, session.started),
    run: session.id,
    project: kernel.config.project,
    environment: kernel.config.environment,
    ...(state.reason === undefined ? {} : { reason: state.reason }),
    ...(Object.keys(versions).length === 0 ? {} : { versions }),
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
