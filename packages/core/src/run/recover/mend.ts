import { messageOf } from '../../errors/ship-error.js';
import type { Kernel } from '../../kernel.js';
import type { Finding } from '../../types/index.js';
import { idleContext } from '../contexts.js';
import { keepAlive, obtainLease } from '../lease.js';
import type { RunOptions } from '../open.js';

/**
 * Puts right what processes that are gone have left, as far as plugins know of it. Answers what was done, and who could not
 * look: that keeps no other from its turn, and nobody from recovering, as what it would have mended is still there then.
 */
export async function mendLeft(kernel: Kernel, signal: AbortSignal | undefined): Promise<Finding[]> {
  const { examinations } = kernel.registry;
  const found: Finding[] = [];
  for (const name of examinations.names())
    try {
      const lines = (await examinations.get(name)!.mend?.(idleContext(kernel, name, signal))) ?? [];
      found.push(...lines.map((message) => ({ level: 'info', rule: 'mended', message }) as const));
    } catch (error) {
      signal?.throwIfAborted();
      found.push({ level: 'warn', rule: name, message: `${name} could not look for what was left: ${messageOf(error)}` });
    }
  return kernel.redactor.redactDeep(found);
}

/** `ship doctor --fix`: the same while nobody else changes the environment. Throws SHIP_LEASE_HELD. */
export async function mend(kernel: Kernel, options: RunOptions): Promise<Finding[]> {
  const lease = await obtainLease(kernel, undefined, options);
  const stopBeating = keepAlive(lease);
  try {
    return await mendLeft(kernel, options.signal);
  } finally {
    stopBeating();
    await lease.release(lease.previous);
  }
}
