import { messageOf } from '../errors/ship-error.js';
import { uniqueId } from '../ids.js';
import { Journal, journalKey } from '../journal/journal.js';
import type { Kernel } from '../kernel.js';
import { thisOwner } from '../store/owner.js';
import type { Lease, LeaseOwner, Plan } from '../types/index.js';
import { Session } from './session.js';
import { readUnverified } from './unverified.js';

/** What a run is told from outside. */
export interface RunOptions {
  /** The command line, for journal and lease. */
  readonly command: string;
  /** Aborted on Ctrl-C; its reason is a ShipError. */
  readonly signal?: AbortSignal;
}

/** Takes the lease, opens the journal, works, and gives the lease back whatever happens. */
export async function withSession<T>(
  kernel: Kernel,
  plan: Plan,
  { command, signal }: RunOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const owner = thisOwner(uniqueId(), command);
  const lease = await kernel.store.lease(kernel.config.environment, owner);
  const session = await open(kernel, plan, owner, lease).catch(async (error: unknown) => {
    await lease.release();
    throw error;
  });
  tellOfUnfinished(session);
  const onAbort = () => session.interrupt(signal!.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    return await work(session);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await release(session);
  }
}

async function open(kernel: Kernel, plan: Plan, owner: LeaseOwner, lease: Lease): Promise<Session> {
  const { environment, project } = kernel.config;
  const { run: id, command, user, host, pid, boot_id } = owner;
  const target = (await kernel.registry.snapshots?.latest(environment)) ?? null;
  const journal = await Journal.create(kernel.store, environment, id, kernel.redactor, { concurrent: isParallel(plan) });
  const unverifiedSince = lease.previous?.run ?? (await readUnverified(kernel));
  const session = new Session({ kernel, plan, command, id, lease, journal, target, unverifiedSince });
  await journal.append({
    type: 'run-started',
    run: id,
    project,
    environment,
    command,
    owner: { user, host, pid, boot_id },
    token: lease.token,
    plan: plan.steps.map(({ id, uses, needs, component }) => ({ id, uses, needs, ...(component ? { component: component.name } : {}) })),
    target_snapshot: target?.id ?? null,
  });
  return session;
}

/** Somebody died while deploying: nobody may think that their run was ended. */
function tellOfUnfinished(session: Session): void {
  const { previous } = session.lease;
  if (previous === undefined) return;
  const { run, user, host, since } = previous;
  const journal = journalKey(session.kernel.config.environment, run);
  session.warn(
    `the run ${run} of ${user}@${host} (since ${since}) was killed: what it did stands, undone by nobody. Its journal is .speckit/${journal}`,
  );
}

/** A lease that cannot be given back is free once this process has ended; the result of the run stands. */
async function release(session: Session): Promise<void> {
  try {
    await session.lease.release();
  } catch (error) {
    session.warn(`the lease was not given back: ${messageOf(error)}`);
  }
}

/** Do steps run side by side? A step that needs just the one above it does not. */
function isParallel({ steps, config }: Plan): boolean {
  const chained = steps.every(({ needs }, index) =>
    index === 0 ? needs.length === 0 : needs.length === 1 && needs[0] === steps[index - 1]!.id,
  );
  return config.max_parallel > 1 && !chained;
}
