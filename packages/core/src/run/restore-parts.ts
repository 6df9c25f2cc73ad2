import { errors } from '../errors/catalogue.js';
import type { PartReport, RollbackReport, Snapshot } from '../types/index.js';
import { bounded } from './bounded.js';
import { contextOf } from './contexts.js';
import { filesOf, type HeldPart, heldParts } from './parts.js';
import type { Deadline } from './rollback.js';
import type { Session } from './session.js';

type Remaining = RollbackReport['remaining'][number];

/** Puts the parts back, one after the other: each may stand on the one before it. */
export async function restoreParts(
  session: Session,
  snapshot: Snapshot,
  deadline: Deadline,
): Promise<{ parts: PartReport[]; remaining: Remaining[] }> {
  const parts: PartReport[] = [];
  for (const held of heldParts(session.kernel, snapshot)) parts.push(await restorePart(session, snapshot, held, Math.max(1, deadline())));
  const remaining = parts.flatMap(({ name, error }) =>
    error ? [{ what: name, command: `ship --rollback-to ${snapshot.id}`, error }] : [],
  );
  return { parts, remaining };
}

async function restorePart(session: Session, snapshot: Snapshot, { name, part, value }: HeldPart, timeoutMs: number): Promise<PartReport> {
  const started = performance.now();
  const duration = () => Math.round(performance.now() - started);
  session.emit({ type: 'undo-started', what: name });
  try {
    if (session.signal.aborted) throw session.signal.reason;
    await session.lease.check();
    await session.journal.append({ type: 'part-intent', part: name, target: value });
    const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: name, timeoutMs });
    const restored = await bounded({ timeoutMs, parent: session.signal, timedOut, stuck: timedOut }, (signal) =>
      part.restore(contextOf(session, signal, name), session.resolveSecrets(value), filesOf(session.kernel, snapshot, name)),
    );
    const { changed, summary } = restored;
    await session.journal.append({ type: 'part-restored', part: name, changed });
    const detail = session.kernel.redactor.redact(summary ?? (changed ? 'put back' : 'skipped (unchanged)'));
    session.emit({ type: 'undo-finished', what: name, status: 'undone', detail, duration_ms: duration() });
    return { name, status: changed ? 'restored' : 'unchanged', detail, duration_ms: duration() };
  } catch (error) {
    const problem = session.reported(error, name);
    session.journal.note({ type: 'part-failed', part: name, error: problem });
    session.emit({ type: 'undo-finished', what: name, status: 'failed', detail: problem.message, duration_ms: duration() });
    return { name, status: 'failed', error: problem, duration_ms: duration() };
  }
}
