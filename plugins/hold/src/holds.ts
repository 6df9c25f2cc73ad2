import { isShipError, type Store } from '@ship/core';
import { errors } from './errors.js';
import type { Hold, Holds, Released } from './records.js';

/** So many of those that were released are remembered. */
const MOST_RELEASED = 100;
/** Who releases a hold has no lease, so a run may write between. */
const ATTEMPTS = 5;

const keyOf = (environment: string): string => `state/${environment}/holds.json`;

/** What is held in an environment. Throws SHIP_HOLD_UNREADABLE. */
export async function readHolds(store: Store, environment: string): Promise<Holds> {
  return (await read(store, environment)).holds;
}

async function read(store: Store, environment: string): Promise<{ readonly holds: Holds; readonly version: string | null }> {
  const key = keyOf(environment);
  const stored = await store.get(key);
  if (stored === undefined) return { holds: { format: 1, holds: [], released: [] }, version: null };
  const unreadable = (reason: string, cause?: unknown) => errors.SHIP_HOLD_UNREADABLE({ key, reason }, { cause });
  let holds: Partial<Holds> | null;
  try {
    holds = JSON.parse(stored.value.toString('utf8')) as Partial<Holds> | null;
  } catch (cause) {
    throw unreadable((cause as Error).message, cause);
  }
  if (holds?.format !== 1) throw unreadable(`its format is ${JSON.stringify(holds?.format)}, and this ship reads 1`);
  if (!Array.isArray(holds.holds) || !Array.isArray(holds.released)) throw unreadable('it has no lists `holds` and `released`');
  return { holds: holds as Holds, version: stored.version };
}

/** Replaces what is held by what `change` makes of it; undefined: it stays. */
export async function changeHolds(store: Store, environment: string, change: (now: Holds) => Holds | undefined): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { holds, version } = await read(store, environment);
    const changed = change(holds);
    if (changed === undefined) return;
    const kept = { ...changed, released: changed.released.slice(-MOST_RELEASED) };
    try {
      await store.put(keyOf(environment), `${JSON.stringify(kept, null, 2)}\n`, { ifVersion: version });
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !isShipError(error) || error.code !== 'SHIP_STORE_CONFLICT') throw error;
    }
  }
}

/** The same, with those that `isOver` names released. */
export function released({ holds, released: before, format }: Holds, isOver: (hold: Hold) => boolean, by: string, reason: string): Holds {
  const at = new Date().toISOString();
  const over = holds.filter(isOver).map((hold): Released => ({ ...hold, released: { by, at, reason } }));
  return { format, holds: holds.filter((hold) => !isOver(hold)), released: [...before, ...over] };
}
