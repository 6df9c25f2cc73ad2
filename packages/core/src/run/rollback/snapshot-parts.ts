import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import { inOrder } from '../../graph.js';
import type { Kernel } from '../../kernel.js';
import type { AnySnapshotPart, CapturedPart, CapturedParts, Context, Json, PartFiles, Snapshot } from '../../types/index.js';
import { resolveSecrets, type Session } from '../session.js';

/** How long a part may take to be captured. */
const CAPTURE_TIMEOUT_MS = 300_000;

/** A part that a snapshot holds, and who can put it back. */
export interface HeldPart {
  readonly name: string;
  readonly part: AnySnapshotPart;
  readonly value: Json;
}

/** All parts in the order in which they go back: as they were registered, but each after those that it stands on. */
function orderedParts({ registry }: Kernel): readonly (readonly [name: string, part: AnySnapshotPart])[] {
  return inOrder(
    registry.parts.entries(),
    ([name]) => name,
    ([, { after = [] }]) => after,
  );
}

/** The parts that a snapshot holds, in the order in which they go back; without those that no plugin can put back. */
export function heldParts(kernel: Kernel, { parts }: Snapshot): HeldPart[] {
  return orderedParts(kernel).flatMap(([name, part]) => (Object.hasOwn(parts, name) ? [{ name, part, value: parts[name]! }] : []));
}

/** The files of a part of a snapshot. */
export const filesOf = ({ registry }: Kernel, snapshot: Snapshot, part: string): PartFiles => ({
  read: (ending) => registry.snapshots!.readFile(snapshot, part, ending),
});

/** What is live of every part, side by side. One that fails is a problem, and keeps no other from its turn. */
export async function captureParts(session: Session, contextFor: (signal: AbortSignal, name: string) => Context): Promise<CapturedParts> {
  const problems: string[] = [];
  const capture = async (name: string, part: AnySnapshotPart): Promise<(readonly [string, CapturedPart])[]> => {
    const timedOut = () => errors.SHIP_PART_TIMEOUT({ part: name, timeoutMs: CAPTURE_TIMEOUT_MS });
    const bounds = { timeoutMs: CAPTURE_TIMEOUT_MS, parent: session.signal, timedOut };
    try {
      const captured = await bounded(bounds, (signal) => part.capture(contextFor(signal, name)));
      return captured ? [[name, captured]] : [];
    } catch (error) {
      problems.push(session.kernel.redactor.redact(`${name} was not captured: ${messageOf(error)}`));
      return [];
    }
  };
  const captured = await Promise.all(orderedParts(session.kernel).map(([name, part]) => capture(name, part)));
  return { parts: Object.fromEntries(captured.flat()), problems };
}

/** How what is live differs from the parts of a snapshot; null where a part does not know. */
export async function compareParts(kernel: Kernel, snapshot: Snapshot, ctx: Context): Promise<Record<string, readonly string[] | null>> {
  const compared: Record<string, readonly string[] | null> = {};
  for (const { name, part, value } of heldParts(kernel, snapshot))
    compared[name] = (await part.compare?.(ctx, resolveSecrets(kernel.redactor, value), filesOf(kernel, snapshot, name))) ?? null;
  return compared;
}
