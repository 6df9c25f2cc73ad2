import { journalKey, parseJournal } from '../../journal/journal.js';
import { foldJournal, type RunState } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import { readDeployed, readReport, runIds } from '../environment-state.js';

/** A run that is over, or was cut off, as its journal has it. */
export interface PastRun {
  readonly id: string;
  readonly state: RunState;
}

/**
 * The newest run of the environment that acted; undefined where none did. Runs that ended before they
 * acted, such as refused ones, changed nothing and are passed over.
 */
export async function lastRun(kernel: Kernel): Promise<PastRun | undefined> {
  for (const run of await runIds(kernel)) {
    const past = await pastRun(kernel, run);
    if (past !== undefined && hasActed(past.state)) return past;
  }
  return undefined;
}

/** The last run, if nobody ended it. */
export async function cutOffRun(kernel: Kernel): Promise<PastRun | undefined> {
  const [newest] = await runIds(kernel);
  if (newest === undefined || (await cameToItsEnd(kernel, newest))) return undefined;
  const past = await lastRun(kernel);
  return past?.state.cutOff ? past : undefined;
}

/** A report is quicker to read than a journal, and says as much, but for what a recovery found before it was refused. */
async function cameToItsEnd(kernel: Kernel, run: string): Promise<boolean> {
  const report = await readReport(kernel, run);
  return report !== undefined && report.status !== 'refused' && report.status !== 'interrupted';
}

/** One run; undefined where it has no journal, as when it was killed before its first entry. */
async function pastRun({ store, config }: Kernel, id: string): Promise<PastRun | undefined> {
  const key = journalKey(config.environment, id);
  const stored = await store.get(key);
  const entries = stored === undefined ? [] : parseJournal(stored.value, key).entries;
  return entries.length === 0 ? undefined : { id, state: foldJournal(entries) };
}

const hasActed = ({ steps, restoresComponents }: RunState): boolean => steps.size > 0 || restoresComponents;

/** Does something wait for `ship recover`? A run that was cut off or interrupted, or a rollback with a rest. */
export function isUnfinished({ status }: RunState): boolean {
  return status === undefined || status === 'interrupted' || status === 'refused' || status === 'rollback_incomplete';
}

/** Are failures taken back without a question? */
export function isAutomatic({ flags, config }: Kernel): boolean {
  const { enabled, auto_on_failure } = config.rollback;
  if (!enabled || flags.no_rollback || flags.no_auto_rollback) return false;
  return flags.auto_rollback === true || auto_on_failure;
}

/** Is a run that was cut off taken back before a new one? Otherwise that one is refused. */
export const goesBackFirst = (kernel: Kernel, { direction }: RunState): boolean => direction === 'back' || isAutomatic(kernel);

/**
 * What is live, which the next run goes back to; and the target of the last run, unless it has ended well: going on with it,
 * or taking it back, is held to that snapshot.
 */
export async function neededSnapshots(kernel: Kernel): Promise<readonly string[]> {
  const past = await lastRun(kernel);
  const deployed = await readDeployed(kernel).catch(() => null);
  const ended = past?.state.status === 'succeeded' || past?.state.status === 'rolled_back';
  const needed = [deployed?.snapshot, ended ? undefined : past?.state.targetSnapshot];
  return [...new Set(needed.filter((id) => id !== undefined && id !== null))];
}
