import type { Kernel } from '../kernel.js';
import type { RunStatus } from '../types/index.js';
import type { Session } from './session.js';

/** The run that left the environment as nobody has verified it; null where the last success still stands. */
export async function readUnverified({ store, config }: Kernel): Promise<string | null> {
  const stored = await store.get(keyOf(config.environment));
  return stored === undefined ? null : (JSON.parse(stored.value.toString('utf8')) as { run: string }).run;
}

/** Writes down whether the environment is still as it was verified. A run that was taken back changes nothing about that. */
export async function writeUnverified(session: Session, status: RunStatus): Promise<void> {
  const { store, config } = session.kernel;
  const key = keyOf(config.environment);
  const partly = session.record.rollback?.scope === 'partial';
  const left = session.acted.size > 0 && (status !== 'rolled_back' || partly);
  // The first that was left counts: taking back a later one, or one component, does not take back that.
  const verified = status === 'succeeded' && !partly;
  const restored = status === 'rolled_back' && session.record.rollback?.way === 'full';
  const run = verified || restored ? null : (session.unverifiedSince ?? (left ? session.id : null));
  if (run !== null) await store.put(key, `${JSON.stringify({ run })}\n`);
  else await store.remove(key);
}

const keyOf = (environment: string): string => `state/${environment}/unverified.json`;
