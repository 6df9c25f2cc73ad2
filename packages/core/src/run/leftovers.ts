import { endGroup, findMarked, groupAlive, type MarkedProcess } from '@ship/system';
import type { ProcessIdentity, Step } from '../types/index.js';
import type { Session } from './session.js';

/** What commands of a run bear in their environment: of which piece of work they are. Their children inherit it, into other sessions too. */
export type Mark =
  | { readonly SHIP_STEP: string; readonly SHIP_LEAVES?: string }
  | { readonly SHIP_CHECK: string }
  | Readonly<Record<string, never>>;

/** Takes all marks away: those that another `ship` may have left in the environment of this one, or those of a service, which outlives its run. */
export const UNMARKED = { SHIP_RUN: undefined, SHIP_STEP: undefined, SHIP_CHECK: undefined, SHIP_LEAVES: undefined };

/** Does a process belong to what a step was to leave? */
export const isService = ({ environment }: Pick<MarkedProcess, 'environment'>): boolean => environment.includes('SHIP_LEAVES=service');

/** The mark of what belongs to neither, such as what hooks and drivers start to see what is live: that of the run alone. */
export const RUN_MARK: Mark = {};

/** The mark of all that a step starts: its conditions, its capture, its attempts, its probe, its undo. */
export const markOf = ({ id, leaves }: Pick<Step, 'id' | 'leaves'>): Mark => ({
  SHIP_STEP: id,
  ...(leaves === undefined ? {} : { SHIP_LEAVES: leaves }),
});

let checks = 0;

/** The mark of one attempt of a check. A number, since several checks may bear a name, and a name may hold a secret. */
export function markOfCheck(): Mark {
  checks += 1;
  return { SHIP_CHECK: String(checks) };
}

/** What a piece of work started: the commands of process groups, by their number, which is that of their first process. */
interface Started {
  readonly at: number;
  readonly groups: Map<number, string>;
}

const started = new WeakMap<Session, Map<string, Started>>();

const keyOf = (mark: Mark): string =>
  'SHIP_STEP' in mark ? `step ${mark.SHIP_STEP}` : 'SHIP_CHECK' in mark ? `check ${mark.SHIP_CHECK}` : 'run';

/** Remembers that a piece of work started a process: only who did can leave one behind. Undefined: one that runs elsewhere. */
export function noteStarted(session: Session, mark: Mark, process: ProcessIdentity | undefined): void {
  const ofSession = started.get(session) ?? new Map<string, Started>();
  const known = ofSession.get(keyOf(mark)) ?? { at: performance.now(), groups: new Map<number, string>() };
  if (process !== undefined) known.groups.set(process.pgid, process.command);
  started.set(session, ofSession.set(keyOf(mark), known));
}

/** What a piece of work started, which is over now. */
export function takeStarted(session: Session, mark: Mark): Started | undefined {
  const known = started.get(session)?.get(keyOf(mark));
  started.get(session)?.delete(keyOf(mark));
  return known;
}

/** The first process of work that began within the last second. */
function firstOf({ at, groups }: Started): number | undefined {
  const [first] = groups.keys();
  return performance.now() - at < 1_000 ? first : undefined;
}

/** Long enough to save what is half written. */
const GRACE_MS = 5_000;
const MOST_ROUNDS = 4;

/**
 * Ends what a piece of work has left running when it ended, and reports it once: processes in its groups, and those that
 * left these and bear its mark. `except`: what was there before it began.
 */
export async function endLeftovers(session: Session, mark: Mark, what: string, except: readonly number[] = []): Promise<void> {
  const work = takeStarted(session, mark);
  if (work === undefined) return;
  const since = firstOf(work);
  const ended: string[] = [];
  // What is ended may start another one meanwhile.
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const marked = (await markedBy(session, mark, since)).filter(({ pid }) => !except.includes(pid));
    const left = new Map(marked.map(({ pgid, command }) => [pgid, command]));
    for (const [pgid, command] of work.groups) if (!left.has(pgid) && groupAlive(pgid)) left.set(pgid, command);
    if (left.size === 0) break;
    const gone = await Promise.all([...left.keys()].map((pgid) => endGroup(pgid, GRACE_MS, true)));
    ended.push(...[...left].map(([pgid, command], at) => `${shown(session, pgid, command)}${gone[at] ? '' : ', which does not end'}`));
    if (gone.includes(false)) break;
  }
  if (ended.length === 0) return;
  const advice = 'SHIP_STEP' in mark ? '. A step that starts a service says `leaves: service`' : '';
  session.warn(`${what} left processes behind, which are ended: ${[...new Set(ended)].join(', ')}${advice}`);
}

/**
 * Undoes a step, or tries to, and looks after what runs then. Of a step that leaves a service its own undo decides: what
 * was there before it and still is after it is named, what a failed undo began is ended.
 */
export async function withoutLeftovers<T>(
  session: Session,
  step: Pick<Step, 'id' | 'leaves'>,
  undo: () => Promise<T>,
  isDone: (outcome: T) => boolean,
): Promise<T> {
  const mark = markOf(step);
  const before = step.leaves === undefined ? [] : (await markedBy(session, mark)).map(({ pid }) => pid);
  const outcome = await undo();
  if (step.leaves === undefined || !isDone(outcome)) await endLeftovers(session, mark, `the undo of step ${step.id}`, before);
  else {
    takeStarted(session, mark);
    const still = before.length === 0 ? [] : (await markedBy(session, mark)).filter(({ pid }) => before.includes(pid));
    const named = still.map(({ pid, command }) => shown(session, pid, command)).join(', ');
    if (still.length > 0) session.warn(`step ${step.id} is undone, and what it left still runs: ${named}`);
  }
  return outcome;
}

const LONGEST = 200;

/** A process, for people: secrets are taken out before it is cut. */
function shown({ kernel }: Session, pid: number, command: string): string {
  const line = kernel.redactor.redact(command);
  return `${pid} (${line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line})`;
}

/** What runs now and bears a mark of this run. */
async function markedBy({ id }: Session, mark: Mark, since?: number): Promise<MarkedProcess[]> {
  const found = await findMarked({ SHIP_RUN: id, ...mark }, since);
  // Services of steps are none of what the run itself has left.
  return mark === RUN_MARK ? found.filter((each) => !isService(each)) : found;
}
