import { hostname } from 'node:os';
import { sleep } from '../../deadline.js';
import type { Place, StepState } from '../../journal/state.js';
import { bootId, drainGroup, endGroup, groupAlive, groupsWith, processStartTime } from '../../process.js';
import type { ProcessIdentity } from '../../types/index.js';
import type { Session } from '../session.js';

/** How long a process may take to obey SIGINT, and then SIGTERM, where it asks for no more. */
const GRACE_MS = 10_000;
const LOOK_MS = 100;

/** A group that is at work for a step whose end nobody knows. */
interface Orphan {
  readonly step: string;
  readonly pgid: number;
  readonly command: string;
  readonly graceMs: number;
}

/**
 * Processes of a run that was cut off go on without it. Nothing may be undone or repeated while they act:
 * on the way back they are ended, on the way forward they are waited for, `waitMs` at most.
 */
export async function settleOrphans(session: Session, waitMs: number): Promise<void> {
  const here: Place = { host: hostname(), boot_id: bootId() };
  for (const step of session.state.steps.values()) {
    if (step.status !== 'unknown' && step.processes.length === 0) continue;
    if (step.place.host !== here.host)
      session.warn(`step ${step.id} was cut off on ${step.place.host}: whether it still runs there cannot be seen from here`);
    for (const orphan of orphansOf(session, step, here)) await settle(session, orphan, waitMs);
  }
}

/**
 * The groups that the journal names, and those that bear the names of run and step in their environment: between
 * the start of a process and its entry in the journal there is a moment at which `ship` can be killed.
 */
function orphansOf({ id: run }: Session, { id, processes }: StepState, here: Place): Orphan[] {
  const started = processes.filter(({ host, boot_id }) => host === here.host && boot_id === here.boot_id);
  const named = started.filter(isOurs).map(({ pgid, command, grace_ms = GRACE_MS }) => ({ step: id, pgid, command, graceMs: grace_ms }));
  const known = new Set(named.map(({ pgid }) => pgid));
  const marked = groupsWith({ SHIP_RUN: run, SHIP_STEP: id }).filter((pgid) => !known.has(pgid));
  const found = { step: id, command: 'found by SHIP_RUN and SHIP_STEP in its environment', graceMs: GRACE_MS };
  return [...named, ...marked.map((pgid) => ({ ...found, pgid }))];
}

async function settle(session: Session, orphan: Orphan, waitMs: number): Promise<void> {
  // Nobody has read its output since ship was killed, and what it may have left to do writes more.
  const draining = setInterval(() => drainGroup(orphan.pgid), LOOK_MS);
  try {
    await awaitOrEnd(session, orphan, waitMs);
  } finally {
    clearInterval(draining);
  }
}

async function awaitOrEnd(session: Session, { step, pgid, command, graceMs }: Orphan, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  if (waitMs > 0) session.warn(`step ${step} is still at work: waiting for process group ${pgid} (${command})`);
  while (performance.now() < until && groupAlive(pgid) && !session.signal.aborted) await sleep(LOOK_MS, session.signal);
  if (!groupAlive(pgid)) return;
  const ended = await endGroup(pgid, graceMs);
  session.warn(`${ended ? 'ended' : 'could not end'} process group ${pgid} (${command}), which the run had left behind in step ${step}`);
}

/** The very group that the run started: its leader has not been followed by another. */
function isOurs({ pid, pgid, started }: ProcessIdentity): boolean {
  if (!groupAlive(pgid)) return false;
  const now = processStartTime(pid);
  // A leader that has ended leaves its number to its group for as long as that lives.
  return now === undefined || (started !== undefined && now === started);
}
