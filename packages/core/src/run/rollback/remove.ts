import { crashPoint } from '../../crash-points.js';
import { bounded, sleep } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import type { LedgerLine } from '../../journal/state.js';
import type { Remover } from '../../types/index.js';
import { contextOf } from '../contexts.js';
import { type LedgeredResource, nameOf, type Session } from '../session.js';

/** How long is waited before what is blocked is tried again: at first, doubled each time, and at most. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** What a removal has to know of the undo that came before it. */
export interface RemovalBounds {
  readonly timeoutMs: number;
  /** The step's own undo has put everything back: what has no remover is gone with it. */
  readonly restored: boolean;
}

type Outcome =
  | { readonly status: 'removed' | 'gone' }
  | { readonly status: 'blocked'; readonly reason: string }
  | { readonly status: 'failed'; readonly error: unknown };

/** Takes away what a step made and still stands, newest first. One that fails does not keep the others; all that are left are answered. */
export async function removeResources(session: Session, step: string, bounds: RemovalBounds): Promise<readonly LedgerLine[]> {
  const until = performance.now() + bounds.timeoutMs;
  const all = session.resources.filter((line) => line.step === step && isDue(session, line, bounds)).reverse();
  let due = all;
  for (let pause = FIRST_PAUSE_MS; due.length > 0; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const blocked = await removeRound(session, due, until);
    due = blocked.map(({ line }) => line);
    if (due.length === 0) break;
    if (!session.signal.aborted && performance.now() + pause < until) await sleep(pause, session.signal);
    else {
      for (const { line, reason } of blocked)
        settle(session, line, { status: 'failed', error: errors.SHIP_RESOURCE_BLOCKED({ what: nameOf(line.resource), reason }) });
      break;
    }
  }
  return all.filter(({ fate }) => fate !== 'removed');
}

/** What this run made, and somebody knows how to remove. What was reused is never touched. */
function isDue({ kernel }: Session, { resource, fate }: LedgerLine, { restored }: RemovalBounds): boolean {
  if (fate === 'removed' || resource.provenance === 'reused') return false;
  return restored || resource.delete !== undefined || kernel.registry.removers.get(resource.type) !== undefined;
}

/** Tries each once. Answers those that something else still needs. */
async function removeRound(
  session: Session,
  due: readonly LedgeredResource[],
  until: number,
): Promise<{ readonly line: LedgeredResource; readonly reason: string }[]> {
  const blocked: { line: LedgeredResource; reason: string }[] = [];
  for (const [index, line] of due.entries()) {
    const left = until - performance.now();
    const outcome = await removeOne(session, line, left, due.length - index);
    if (outcome.status === 'blocked') blocked.push({ line, reason: outcome.reason });
    else settle(session, line, outcome);
  }
  return blocked;
}

async function removeOne(session: Session, line: LedgeredResource, leftMs: number, others: number): Promise<Outcome> {
  const { step, resource } = line;
  const what = nameOf(resource);
  try {
    session.signal.throwIfAborted();
    if (leftMs <= 0) throw errors.SHIP_UNDO_NO_TIME({ what, timeoutMs: session.kernel.config.rollback_timeout_ms });
    await session.lease.check();
    if (line.fate !== 'removing') await session.journal.append({ type: 'remove-intent', step, resource: identityOf(line) });
    line.fate = 'removing';
    crashPoint('remove-intended');
    const timeoutMs = Math.ceil(Math.max(leftMs / 2, leftMs / others));
    const outcome = await takeAway(session, line, timeoutMs);
    crashPoint('removed');
    if (outcome.status !== 'blocked')
      await session.journal.append({ type: 'removed', step, resource: identityOf(line), changed: outcome.status === 'removed' });
    return outcome;
  } catch (error) {
    return { status: 'failed', error };
  }
}

function takeAway(session: Session, line: LedgeredResource, timeoutMs: number): Promise<Outcome> {
  const { resource, unusable } = line;
  if (unusable !== undefined) throw unusable;
  const remover = session.kernel.registry.removers.get(resource.type);
  if (remover === undefined) {
    if (resource.delete === undefined) return Promise.resolve({ status: 'gone' });
    throw errors.SHIP_RESOURCE_NO_REMOVER({ what: nameOf(resource), type: resource.type });
  }
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: nameOf(resource), timeoutMs });
  const bounds = { timeoutMs, parent: session.signal, timedOut, stuck: timedOut };
  return bounded(bounds, (signal) => remove(session, line, remover, signal));
}

/** A `pending` one may never have come to be: then the remover is asked, and nothing is removed on a guess. */
async function remove(session: Session, { step, resource }: LedgerLine, remover: Remover, signal: AbortSignal): Promise<Outcome> {
  const ctx = contextOf(session, signal, step);
  if (remover.exists === undefined && resource.provenance === 'pending')
    throw errors.SHIP_RESOURCE_UNKNOWN({ what: nameOf(resource), type: resource.type });
  if (remover.exists && !(await remover.exists(ctx, resource))) return { status: 'gone' };
  const blocked = (await remover.remove(ctx, resource))?.blocked;
  if (blocked !== undefined) return { status: 'blocked', reason: String(blocked) };
  if (remover.exists && (await remover.exists(ctx, resource))) return { status: 'blocked', reason: 'it is still there' };
  return { status: 'removed' };
}

/** What could not be removed is an orphan from here on, and says why. */
export function orphan(session: Session, line: LedgerLine, error: unknown): void {
  const reported = session.reported(error, line.step);
  Object.assign(line, { fate: 'remove_failed', error: reported });
  session.journal.note({ type: 'remove-failed', step: line.step, resource: identityOf(line), error: reported });
}

function settle(session: Session, line: LedgerLine, outcome: Exclude<Outcome, { status: 'blocked' }>): void {
  if (outcome.status === 'failed') orphan(session, line, outcome.error);
  else line.fate = 'removed';
  if (line.fate === 'removed') delete line.error;
  session.emit({
    type: 'resource-removed',
    step: line.step,
    resource: session.kernel.redactor.redactDeep(line.resource),
    status: outcome.status,
    ...(line.error === undefined ? {} : { detail: line.error.message }),
  });
}

const identityOf = ({ resource: { type, id } }: LedgerLine) => ({ type, id });
