import { hostname } from 'node:os';
import { bootId, drainGroup, endGroup, findMarked, groupAlive, processStartTime } from '@ship/system';
import { sleep } from '../../deadline.js';
import type { Place, PlacedProcess, StepState } from '../../journal/state.js';
import type { ProcessIdentity } from '../../types/index.js';
import { isService } from '../leftovers.js';
import { type Session, stepOf } from '../session.js';

/** How long a process may take to obey SIGINT, and then SIGTERM, where it asks for no more. */
const GRACE_MS = 10_000;
const LOOK_MS = 100;
const MOST_ROUNDS = 4;

/** A group that is at work for a run that is not. */
interface Orphan {
  /** What it works for, for people. */
  readonly what: string;
  readonly pgid: number;
  readonly command: string;
  readonly graceMs: number;
  /** It may be doing what this step is for. */
  readonly actsFor?: string;
  /** It is not what the step started, but a child of that which left its group. */
  readonly isChild?: boolean;
}

/**
 * Processes of a run that was cut off go on without it. Nothing may be undone or repeated while they act: on the way back
 * they are ended, on the way forward those of a step are waited for as long as that may take. What only reads is ended either way.
 */
export async function settleOrphans(session: Session, how: 'wait' | 'end'): Promise<void> {
  const here: Place = { host: hostname(), boot_id: bootId() };
  for (const { id, place } of [...session.state.steps.values()].filter(isOpen))
    if (place.host !== here.host)
      session.warn(`step ${id} was cut off on ${place.host}: whether it still runs there cannot be seen from here`);
  // What is ended, or comes to its end, may start another one meanwhile.
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const orphans = await orphansOf(session, here);
    if (orphans.length === 0) return;
    const gone = await Promise.all(orphans.map((orphan) => settle(session, orphan, how === 'wait' ? waitOf(session, orphan) : 0)));
    if (gone.includes(false)) return;
  }
}

const waitOf = (session: Session, { actsFor }: Orphan): number => (actsFor === undefined ? 0 : (stepOf(session, actsFor)?.timeout_ms ?? 0));

/** Nobody knows how it ended, or its undo was under way. */
const isOpen = ({ status, processes }: StepState): boolean => status === 'unknown' || processes.length > 0;

/**
 * The groups that the journal names, and those that bear the name of the run in their environment: between the start of a
 * process and its entry in the journal there is a moment at which `ship` can be killed, and children may leave their group.
 */
async function orphansOf({ id: run, state }: Session, here: Place): Promise<Orphan[]> {
  const isHere = ({ host, boot_id }: PlacedProcess) => host === here.host && boot_id === here.boot_id;
  const orphan = (what: string, { pgid, command, grace_ms = GRACE_MS }: Omit<ProcessIdentity, 'pid'>) => ({
    ...{ what, pgid, command, graceMs: grace_ms },
  });
  const ofSteps = [...state.steps.values()].flatMap((step) =>
    step.processes
      .filter((each) => isHere(each) && (each.leaves ? isRunning(each) : isOurs(each)))
      .map((each) => ({ ...orphan(`step ${step.id}`, each), actsFor: step.id })),
  );
  const ofOthers = [...state.others].flatMap(([owner, started]) =>
    started.filter((each) => isHere(each) && isRunning(each)).map((each) => orphan(owner, each)),
  );
  const marked = (await findMarked({ SHIP_RUN: run })).flatMap((found) => {
    const { pgid, command, environment } = found;
    const step = state.steps.get(variableOf(environment, 'SHIP_STEP') ?? '');
    if (isService(found) && step !== undefined && !isOpen(step) && step.status !== 'failed') return [];
    // A service that its step did not come to the end of is no work to wait for.
    const acts = step?.status === 'unknown' && !isService(found) ? { actsFor: step.id } : {};
    return [{ ...orphan(step === undefined ? `run ${run}` : `step ${step.id}`, { pgid, command }), ...acts, isChild: true }];
  });
  const byGroup = new Map([...marked, ...ofOthers, ...ofSteps].map((each) => [each.pgid, each]));
  return [...byGroup.values()];
}

const variableOf = (environment: readonly string[], name: string): string | undefined =>
  environment.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);

/** False where it does not end. */
async function settle(session: Session, orphan: Orphan, waitMs: number): Promise<boolean> {
  // Nobody has read its output since ship was killed, and what it may have left to do writes more.
  const draining = setInterval(() => drainGroup(orphan.pgid), LOOK_MS);
  try {
    return await awaitOrEnd(session, orphan, waitMs);
  } finally {
    clearInterval(draining);
  }
}

async function awaitOrEnd(session: Session, { what, pgid, command, graceMs, isChild }: Orphan, waitMs: number): Promise<boolean> {
  const until = performance.now() + waitMs;
  if (waitMs > 0) session.warn(`${what} is still at work: waiting for process group ${pgid} (${command})`);
  while (performance.now() < until && groupAlive(pgid) && !session.signal.aborted) await sleep(LOOK_MS, session.signal);
  if (!groupAlive(pgid)) return true;
  const ended = await endGroup(pgid, graceMs, isChild);
  session.warn(`${ended ? 'ended' : 'could not end'} process group ${pgid} (${command}), which the run had left behind in ${what}`);
  return ended;
}

/** The very group that the run started: its leader has not been followed by another. */
function isOurs({ pid, pgid, started }: ProcessIdentity): boolean {
  if (!groupAlive(pgid)) return false;
  const now = processStartTime(pid);
  // A leader that has ended leaves its number to its group for as long as that lives.
  return now === undefined || (started !== undefined && now === started);
}

/** As {@link isOurs}, for what is not known to have ended only because nothing says so: there the leader itself must be there. */
const isRunning = ({ pid, started }: ProcessIdentity): boolean => started !== undefined && processStartTime(pid) === started;
