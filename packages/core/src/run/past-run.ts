import { foldJournal, type RunState } from '../journal/fold.js';
import { readJournal } from '../journal/read.js';
import type { Kernel } from '../kernel.js';
import type { Report, Stored } from '../types/index.js';

/** A run that is over, or was cut off, as its journal tells it. */
export interface PastRun {
  readonly id: string;
  readonly state: RunState;
}

/**
 * The newest run of the environment that acted; undefined where none did. Runs that ended before they
 * acted, such as refused ones, changed nothing and are passed over.
 */
export async function lastRun(kernel: Kernel): Promise<PastRun | undefined> {
  const { environment } = kernel.config;
  const keys = await kernel.store.list(`runs/${environment}/`);
  for (const key of [...keys].reverse()) {
    const id = key.split('/').at(-1)!;
    const past = await pastRun(kernel, id);
    if (past !== undefined && hasActed(past.state)) return past;
  }
  return undefined;
}

/** The run that nobody ended, if the newest is such a one. A run that came to its end left a report, so that this is quick to see. */
export async function cutOffRun(kernel: Kernel): Promise<PastRun | undefined> {
  const { environment } = kernel.config;
  const keys = await kernel.store.list(`runs/${environment}/`);
  for (const key of [...keys].reverse()) {
    if (cameToItsEnd(await kernel.store.get(`${key}/report.json`))) return undefined;
    const past = await pastRun(kernel, key.split('/').at(-1)!);
    if (past !== undefined && hasActed(past.state)) return past;
  }
  return undefined;
}

/** One run; undefined where it has no journal, as when it was killed before its first entry. */
async function pastRun({ store, config }: Kernel, id: string): Promise<PastRun | undefined> {
  const stored = await store.get(`runs/${config.environment}/${id}/journal.jsonl`);
  if (stored === undefined) return undefined;
  const { entries } = await readJournal(store, config.environment, id);
  return entries.length === 0 ? undefined : { id, state: foldJournal(entries) };
}

/** A recovery that was refused or interrupted leaves its run as it found it. */
function cameToItsEnd(stored: Stored | undefined): boolean {
  if (stored === undefined) return false;
  const { command, status } = JSON.parse(stored.value.toString('utf8')) as Report;
  return !(['recover', 'resume'].includes(command) && ['refused', 'interrupted'].includes(status));
}

const hasActed = ({ steps, restoresComponents }: RunState): boolean => steps.size > 0 || restoresComponents;

/** Does something wait for `ship recover`? A run that was cut off or interrupted, or a rollback with a rest. */
export function isUnfinished({ status }: RunState): boolean {
  return status === undefined || status === 'interrupted' || status === 'refused' || status === 'rollback_incomplete';
}
