import { byOrder } from '../../ids.js';
import { readJournal, unframe } from '../../journal/journal.js';
import { foldJournal } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import type { Spooled } from '../../store/spool.js';
import { runIds } from '../environment-state.js';
import { keepAlive, obtainLease } from '../lease.js';
import type { RunOptions } from '../open.js';

/** What became of what waited in the spool, by key. */
export interface Pushed {
  /** It is in the store now. */
  readonly pushed: readonly string[];
  /** A newer run has written there since, or the run was ended without these records; they were dropped. */
  readonly superseded: readonly string[];
  /** The journal has gone on without these records; they stay in the spool. */
  readonly refused: readonly string[];
}

type Fate = keyof Pushed;

/** `ship state push`: brings home what the store would not take. Each environment is leased meanwhile. */
export async function pushSpool(kernel: Kernel, options: RunOptions): Promise<Pushed> {
  const fates: Record<Fate, string[]> = { pushed: [], superseded: [], refused: [] };
  const waiting = kernel.spool.list();
  for (const environment of new Set(waiting.map(environmentOf))) {
    const lease = await obtainLease(kernel, undefined, options, environment);
    const stopBeating = keepAlive(lease);
    try {
      for (const spooled of waiting.filter((each) => environmentOf(each) === environment)) {
        const fate = await push(kernel, environment, spooled);
        if (fate !== 'refused') kernel.spool.remove(spooled);
        fates[fate].push(spooled.key);
      }
    } finally {
      stopBeating();
      // Nothing was done about a run that was never ended: the next holder has to know of it.
      await lease.release(lease.previous);
    }
  }
  return fates;
}

/** Keys are `kind/environment/...`. */
const environmentOf = ({ key }: Spooled): string => key.split('/')[1] ?? '';

async function push(kernel: Kernel, environment: string, spooled: Spooled): Promise<Fate> {
  if (spooled.kind === 'tail') return pushTail(kernel, environment, spooled);
  const [newest = ''] = await runIds(kernel, environment);
  if (isPointer(spooled.key) && byOrder(newest, spooled.run) > 0) return 'superseded';
  await kernel.store.put(spooled.key, kernel.spool.read(spooled));
  return 'pushed';
}

/** What each run replaces, so that an older one must not come after a newer. */
const isPointer = (key: string): boolean => key.startsWith('state/') || key.endsWith('/latest.json');

/** Records are chained: they fit behind the last one that the store has, or not at all. */
async function pushTail(kernel: Kernel, environment: string, spooled: Spooled): Promise<Fate> {
  const { entries, hash, length } = await readJournal(kernel.store, environment, spooled.run);
  const lines = kernel.spool.read(spooled).toString('utf8').split('\n').slice(0, -1);
  const first = lines.findIndex((line) => unframe(line, hash) !== undefined);
  if (first === -1) {
    if (lines.at(-1)?.includes(hash)) return 'pushed';
    // Whoever ended the run meanwhile has looked at the world instead.
    return foldJournal(entries).status === undefined ? 'refused' : 'superseded';
  }
  const appender = await kernel.store.appender(spooled.key, { end: length });
  await appender.append(`${lines.slice(first).join('\n')}\n`);
  await appender.close();
  return 'pushed';
}
