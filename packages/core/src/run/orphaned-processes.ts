import { hostname } from 'node:os';
import type { RunState } from '../journal/fold.js';
import { endGroup, groupAlive } from '../process-group.js';
import { bootId, processStartTime } from '../process-identity.js';
import type { ProcessIdentity } from '../types/index.js';
import { sleep } from './bounded.js';
import type { Session } from './session.js';

/** How long a process may take to obey SIGINT, and then SIGTERM. */
const GRACE_MS = 10_000;
const LOOK_MS = 100;

/**
 * Processes of a run that was cut off go on without it. Nothing may be undone or repeated while they act:
 * on the way back they are ended, on the way forward they are waited for, `waitMs` at most.
 */
export async function settleOrphans(session: Session, state: RunState, waitMs: number): Promise<void> {
  const left = [...state.steps.values()].flatMap(({ id, processes }) => processes.map((process) => ({ id, process })));
  if (left.length === 0) return;
  if (state.owner?.host !== hostname()) {
    session.warn(`the run was cut off on ${state.owner?.host}: whether something of it still runs there cannot be seen from here`);
    return;
  }
  for (const { id, process } of left) if (isOurs(process, state)) await settle(session, id, process, waitMs);
}

async function settle(session: Session, step: string, { pgid, command }: ProcessIdentity, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  if (waitMs > 0) session.warn(`step ${step} is still at work: waiting for process group ${pgid} (${command})`);
  while (performance.now() < until && groupAlive(pgid) && !session.signal.aborted) await sleep(LOOK_MS, session.signal);
  if (!groupAlive(pgid)) return;
  const ended = await endGroup(pgid, GRACE_MS);
  session.warn(`${ended ? 'ended' : 'could not end'} process group ${pgid} (${command}), which the run had left behind in step ${step}`);
}

/** The very group that the run started: the machine has not booted since, and its leader has not been followed by another. */
function isOurs({ pid, pgid, started }: ProcessIdentity, { owner }: RunState): boolean {
  if (owner?.boot_id !== bootId() || !groupAlive(pgid)) return false;
  const now = processStartTime(pid);
  // A leader that has ended leaves its number to its group for as long as that lives.
  return now === undefined || (started !== undefined && now === started);
}
