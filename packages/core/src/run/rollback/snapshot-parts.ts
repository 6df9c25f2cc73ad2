import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import type { Kernel } from '../../kernel.js';
import {
  type AnySnapshotPart,
  type CapturedPart,
  type CapturedParts,
  type Context,
  type Json,
  PART_NAMES,
  type PartFiles,
  type PartName,
  type Snapshot,
} from '../../types/index.js';
import { resolveSecrets, type Session } from '../session.js';

/** How long a part may take to be captured. */
const CAPTURE_TIMEOUT_MS = 300_000;

/** A part that a snapshot holds, and who can put it back. */
export interface HeldPart {
  readonly name: PartName;
  readonly part: AnySnapshotPart;
  readonly value: Json;
}

/** The parts that a snapshot holds, in the order in which they go back; without those that no plugin can put back. */
export function heldParts({ registry }: Kernel, snapshot: Snapshot): HeldPart[] {
  return PART_NAMES.flatMap((name) => {
    const part = registry.parts.get(name);
    const value = snapshot[name];
    return part === undefined || value === null ? [] : [{ name, part, value }];
  });
}

/** The files of a part of a snapshot. */
export const filesOf = ({ registry }: Kernel, snapshot: Snapshot, part: PartName): PartFiles => ({
  read: (ending) => registry.snapshots!.readFile(snapshot, part, ending),
});

/** What is live of every part, side by side. One that fails is a problem, and keeps no other from its turn. */
export async function captureParts(session: Session, contextFor: (signal: AbortSignal, name: string) => Context): Promise<CapturedParts> {
  const { registry } = session.kernel;
  const parts: Partial<Record<PartName, CapturedPart>> = {};
  const problems: string[] = [];
  const capture = async (name: PartName, part: AnySnapshotPart) => {
    const timedOut = () => errors.SHIP_PART_TIMEOUT({ part: name, timeoutMs: CAPTURE_TIMEOUT_MS });
    const bounds = { timeoutMs: CAPTURE_TIMEOUT_MS, parent: session.signal, timedOut, stuck: timedOut };
    try {
      const captured = await bounded(bounds, (signal) => part.capture(contextFor(signal, name)));
      if (captured) parts[name] = captured;
    } catch (error) {
      problems.push(session.kernel.redactor.redact(`${name} was not captured: ${messageOf(error)}`));
    }
  };
  await Promise.all(registry.parts.names().map((name) => capture(name as PartName, registry.parts.get(name)!)));
  return { parts, problems };
}

/** How what is live differs from the parts of a snapshot; null where a part does not know. */
export async function compareParts(
  kernel: Kernel,
  snapshot: Snapshot,
  ctx: Context,
): Promise<Partial<Record<PartName, readonly string[] | null>>> {
  const compared: Partial<Record<PartName, readonly string[] | null>> = {};
  for (const { name, part, value } of heldParts(kernel, snapshot))
    compared[name] = (await part.compare?.(ctx, resolveSecrets(kernel.redactor, value), filesOf(kernel, snapshot, name))) ?? null;
  return compared;
}
