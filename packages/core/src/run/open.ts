import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { Direction, Runner } from '../journal/entries.js';
import { Journal, journalKey } from '../journal/journal.js';
import { emptyState, foldJournal, type RunState } from '../journal/state.js';
import type { Kernel } from '../kernel.js';
import type { Lease, LeaseOwner, Plan, Report, Snapshot } from '../types/index.js';
import { readDeployed, readUnverified, reportKey } from './environment-state.js';
import { keepAlive, obtainLease } from './lease.js';
import { lastRun, type PastRun } from './read/past-run.js';
import { plannedStep, Session } from './session.js';

/** What a run is given from outside. */
export interface RunOptions {
  /** The command line, for journal and lease. */
  readonly command: string;
  /** Aborted on Ctrl-C; its reason is a ShipError. */
  readonly signal?: AbortSignal;
  /** Why, in the words of who started it. */
  readonly reason?: string;
}

/** Takes the lease, opens the journal, works, and gives the lease back whatever happens. */
export function withSession(kernel: Kernel, plan: Plan, options: RunOptions, work: (session: Session) => Promise<Report>): Promise<Report> {
  return leased(kernel, undefined, options, (lease) => open(kernel, plan, lease, options.reason), work);
}

/** Goes on in the journal of a past run, under a lease that bears its name. */
export function withPastSession(
  kernel: Kernel,
  past: PastRun,
  direction: Direction,
  options: RunOptions,
  planOf: (state: RunState) => Plan | Promise<Plan>,
  work: (session: Session) => Promise<Report>,
): Promise<Report> {
  const reopen = async (lease: Lease) => {
    await demandUnchanged(kernel, past);
    return reopenSession(kernel, direction, lease, options.reason, planOf);
  };
  return leased(kernel, past.id, options, reopen, work);
}

async function leased(
  kernel: Kernel,
  run: string | undefined,
  options: RunOptions,
  openSession: (lease: Lease) => Promise<Session>,
  work: (session: Session) => Promise<Report>,
): Promise<Report> {
  const lease = await obtainLease(kernel, run, options);
  let session: Session | undefined;
  const stopBeating = keepAlive(lease, (error) => session?.fence(error));
  try {
    session = await openSession(lease).catch(async (error: unknown) => {
      // Nothing was done about a run that was never ended: the next holder has to know of it.
      // What kept the session from opening may keep the lease from being given back: it is free once this process has ended.
      await lease.release(lease.previous).catch(() => {});
      throw error;
    });
    return await inSession(session, options.signal, work);
  } finally {
    stopBeating();
  }
}

async function inSession(session: Session, signal: AbortSignal | undefined, work: (session: Session) => Promise<Report>): Promise<Report> {
  const unfollow = session.follow(signal);
  try {
    const report = await work(session);
    return (await release(session)) ? report : { ...report, warnings: session.warnings };
  } catch (error) {
    await release(session);
    throw error;
  } finally {
    unfollow();
  }
}

async function open(kernel: Kernel, plan: Plan, lease: Lease, reason: string | undefined): Promise<Session> {
  const { environment, project } = kernel.config;
  const { run: id, command } = lease.owner;
  const target = await lastVerified(kernel);
  const journal = await Journal.create(kernel.store, environment, id, kernel.redactor, { concurrent: isParallel(plan) });
  const unverifiedSince = lease.previous?.run ?? (await readUnverified(kernel));
  const session = new Session({ kernel, plan, command, id, lease, journal, state: emptyState(), target, unverifiedSince });
  await session.append({
    type: 'run-started',
    run: id,
    project,
    environment,
    command,
    ...(reason === undefined ? {} : { reason }),
    owner: runner(lease.owner),
    token: lease.token,
    plan: plan.steps.map((step) => plannedStep(step, kernel.redactor)),
    components: plan.components,
    target_snapshot: target?.id ?? null,
  });
  return session;
}

/** What is to be done was decided before the lease was taken: whoever had it meanwhile may have ended the run, or begun another. */
async function demandUnchanged(kernel: Kernel, { id, state }: PastRun): Promise<void> {
  const now = await lastRun(kernel);
  const key = journalKey(kernel.config.environment, id);
  if (now?.id !== id || now.state.status !== state.status)
    throw errors.SHIP_STORE_CONFLICT({ key, expected: `${state.status ?? 'no end'}, and no run after it` });
}

async function reopenSession(
  kernel: Kernel,
  direction: Direction,
  lease: Lease,
  reason: string | undefined,
  planOf: (state: RunState) => Plan | Promise<Plan>,
): Promise<Session> {
  const { run: id, command } = lease.owner;
  const { journal, content } = await Journal.reopen(kernel.store, kernel.config.environment, id, kernel.redactor);
  try {
    const state = foldJournal(content.entries);
    const plan = await planOf(state);
    const target = await snapshotOf(kernel, state.targetSnapshot);
    const unverified = await readUnverified(kernel);
    const unverifiedSince = unverified === id ? null : unverified;
    const session = new Session({ kernel, plan, command, id, lease, journal, state, target, unverifiedSince });
    // The report is of a run that has ended, which this one has not any more.
    await kernel.store.remove(reportKey(kernel.config.environment, id));
    const why = reason === undefined ? {} : { reason };
    await session.append({ type: 'recovery-started', direction, command, ...why, owner: runner(lease.owner), token: lease.token });
    if (content.tornBytes > 0) session.warn(`the last ${content.tornBytes} bytes of the journal were torn by the crash, and are cut off`);
    return session;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** What is deployed is as a snapshot has it, which is not the newest one where that was gone back from; else it is the newest that is good. */
async function lastVerified(kernel: Kernel): Promise<Snapshot | null> {
  const { environment } = kernel.config;
  const { snapshots } = kernel.registry;
  const deployed = await readDeployed(kernel).catch(() => null);
  const known = deployed?.snapshot == null ? null : await snapshotOf(kernel, deployed.snapshot);
  return known?.rollback_safe ? known : ((await snapshots?.latest(environment)) ?? null);
}

/** A snapshot that has gone since, or is damaged, is no target any more; the captures of the run are enough. */
async function snapshotOf({ registry, config }: Kernel, id: string | null): Promise<Snapshot | null> {
  if (id === null || registry.snapshots === undefined) return null;
  try {
    return await registry.snapshots.find(config.environment, id);
  } catch {
    return null;
  }
}

const runner = ({ user, host, pid, boot_id }: LeaseOwner): Runner => ({ user, host, pid, boot_id });

/** A lease that cannot be given back is free once this process has ended; the result of the run stands. */
async function release(session: Session): Promise<boolean> {
  try {
    await session.lease.release();
    return true;
  } catch (error) {
    session.warn(`the lease was not given back: ${messageOf(error)}`);
    return false;
  }
}

/** Do steps run side by side? A step that needs just the one above it does not. */
function isParallel({ steps, config }: Plan): boolean {
  const chained = steps.every(({ needs }, index) =>
    index === 0 ? needs.length === 0 : needs.length === 1 && needs[0] === steps[index - 1]!.id,
  );
  return config.max_parallel > 1 && !chained;
}
