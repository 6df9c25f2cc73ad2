import { monotonicMs } from '@ship/system';
import { sleep } from '../deadline.js';
import { errors } from '../errors/catalogue.js';
import { isShipError, type ShipError } from '../errors/ship-error.js';
import { orderedId, orderOf } from '../ids.js';
import type { Kernel } from '../kernel.js';
import { thisOwner } from '../store/liveness.js';
import type { Lease, LeaseHolder, LeaseOwner } from '../types/index.js';
import { confirm } from './consent.js';
import { nextOrder } from './environment-state.js';

/** Who waits asks at first this often, then less and less. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;

/** Beats in a ttl: one or two may come late. */
const BEATS = 3;

/** Who asks for the lease, and what ends the wait for it. */
interface Asking {
  readonly command: string;
  readonly signal?: AbortSignal;
}

/** Takes the lease of an environment, for a run that is there or for the next one. Where somebody else has it, waits as long as `--lock-wait` says. */
export async function obtainLease(
  kernel: Kernel,
  run: string | undefined,
  { command, signal }: Asking,
  environment = kernel.config.environment,
): Promise<Lease> {
  const { store, lockWaitMs } = kernel;
  const asked = monotonicMs();
  const reported = new Set<string>();
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(LONGEST_DELAY_MS, delay * 2)) {
    signal?.throwIfAborted();
    try {
      const id = run ?? orderedId(await nextOrder(kernel, environment));
      const lease = await store.lease(environment, thisOwner(id, command));
      if (run !== undefined || (await isNext(kernel, lease))) return lease;
    } catch (error) {
      if (!isHeld(error) || lockWaitMs === 0) throw error;
      const owner = await store.leaseOwner(environment);
      const left = lockWaitMs - (monotonicMs() - asked);
      if (left <= 0) throw owner ? errors.SHIP_LEASE_HELD({ environment, owner, waitedMs: lockWaitMs }) : error;
      if (owner && !reported.has(owner.run)) reportHolder(kernel, environment, owner);
      if (owner) reported.add(owner.run);
      await sleep(Math.min(left, delay * (0.5 + Math.random() / 2)), signal ?? new AbortController().signal);
    }
  }
}

/** Is the run of this lease the next in order? If another run began between its naming and the lease, it is given back for another try. */
async function isNext(kernel: Kernel, lease: Lease): Promise<boolean> {
  const next = await nextOrder(kernel, lease.environment).catch(async (error: unknown) => {
    await lease.release(lease.previous);
    throw error;
  });
  if (orderOf(lease.owner.run) === next) return true;
  await lease.release(lease.previous);
  return false;
}

/** Resolves when the lease is free, and throws where it is not. The next holder knows of whoever died with it all the same. */
export async function awaitLease(kernel: Kernel, asking: Asking): Promise<void> {
  const lease = await obtainLease(kernel, undefined, asking);
  await lease.release(lease.previous);
}

/**
 * Renews a lease until it is asked to stop. A beat that fails is no reason to end a run; a lease that is lost is. Who was
 * stopped past its lease, and wakes, learns of it here before anything else.
 */
export function keepAlive(lease: Lease, onLost: (error: ShipError) => void = () => {}): () => void {
  const beat = () =>
    lease.renew().catch((error: unknown) => {
      if (isLost(error)) onLost(error);
    });
  const timer = setInterval(() => void beat(), lease.ttl_ms / BEATS).unref();
  return () => clearInterval(timer);
}

/**
 * Frees the lease of the environment, and returns from whom; undefined where nobody holds it. Never takes it from who is alive;
 * where it is unknown, somebody has to say yes.
 */
export async function freeLease(kernel: Kernel): Promise<LeaseHolder | undefined> {
  const { store, config } = kernel;
  const { environment } = config;
  const holder = await store.leaseOwner(environment);
  if (holder === undefined) return undefined;
  if (holder.liveness === 'alive') throw errors.SHIP_LEASE_ALIVE({ environment, owner: holder });
  if (holder.liveness === 'unproven') {
    const { user, host, pid, since, run, evidence, damaged } = holder;
    await confirm(
      kernel,
      damaged !== undefined
        ? `Nobody can tell who holds ${environment}: ${evidence}. Move it aside?`
        : `${user}@${host} (pid ${pid}) may still deploy to ${environment}, since ${since} (run ${run}): ${evidence}. Free its lease?`,
    );
  }
  // Who got it while the question stood there is judged anew.
  return (await store.freeLease(environment, holder.token)) ? holder : freeLease(kernel);
}

/** Somebody else has taken the lease. */
export const isLost = (error: unknown): error is ShipError => isShipError(error) && error.code === 'SHIP_LEASE_LOST';

const isHeld = (error: unknown): boolean => isShipError(error) && error.code === 'SHIP_LEASE_HELD';

function reportHolder(kernel: Kernel, environment: string, { user, host, pid, since, command, run }: LeaseOwner): void {
  kernel
    .log('run')
    .info(`waiting for ${environment}: it is being deployed by ${user}@${host} (pid ${pid}) since ${since}: ${command} (run ${run})`);
}
