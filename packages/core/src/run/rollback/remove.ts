import { sleep } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { type LedgerLine, subjectOf } from '../../journal/state.js';
import { nameOf, type Session } from '../session.js';
import { restorableResource } from './restorables.js';
import { restoreOne } from './restore.js';

/** How long is waited before what is blocked is tried again: at first, doubled each time, and at most. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** What a removal has to know of the undo that came before it. */
export interface RemovalBounds {
  readonly timeoutMs: number;
  /** The step's own undo has put everything back: what has no remover is gone with it. */
  readonly restored: boolean;
}

/** Takes away what a step made and still stands, newest first. One that fails does not keep the others; all that are left are answered. */
export async function removeResources(session: Session, step: string, bounds: RemovalBounds): Promise<readonly LedgerLine[]> {
  const until = performance.now() + bounds.timeoutMs;
  const all = session.state.resources.filter((line) => line.step === step && isDue(session, line, bounds)).reverse();
  let due = all;
  for (let pause = FIRST_PAUSE_MS; due.length > 0; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const blocked = await removeRound(session, due, until);
    due = blocked.map(({ line }) => line);
    if (due.length === 0) break;
    if (!session.signal.aborted && performance.now() + pause < until) await sleep(pause, session.signal);
    else {
      for (const { line, reason } of blocked) {
        orphan(session, line, errors.SHIP_RESOURCE_BLOCKED({ what: nameOf(line.resource), reason }));
        announce(session, line, 'failed');
      }
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
  due: readonly LedgerLine[],
  until: number,
): Promise<{ readonly line: LedgerLine; readonly reason: string }[]> {
  const blocked: { line: LedgerLine; reason: string }[] = [];
  for (const [index, line] of due.entries()) {
    const leftMs = until - performance.now();
    const share = leftMs <= 0 ? leftMs : Math.ceil(Math.max(leftMs / 2, leftMs / (due.length - index)));
    const { status, changed, detail } = await restoreOne(session, restorableResource(session, line), share);
    if (status === 'blocked') blocked.push({ line, reason: detail ?? '' });
    else announce(session, line, status === 'failed' ? 'failed' : changed ? 'removed' : 'gone');
  }
  return blocked;
}

/** What could not be removed is an orphan from here on, and says why. */
export function orphan(session: Session, line: LedgerLine, error: unknown): void {
  session.note({ type: 'failed', act: 'restore', ...subjectOf(line), error: session.reported(error, line.step) });
}

function announce(session: Session, { step, resource, error }: LedgerLine, status: 'removed' | 'gone' | 'failed'): void {
  session.emit({
    type: 'resource-removed',
    step,
    resource: session.kernel.redactor.redactDeep(session.kernel.redactor.resolve(resource)),
    status,
    ...(error === undefined ? {} : { detail: error.message }),
  });
}
