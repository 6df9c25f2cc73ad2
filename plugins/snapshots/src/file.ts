import { createHash } from 'node:crypto';
import type { Snapshot } from '@ship/core';
import { errors } from './errors.js';

/** A snapshot as it lies in its file: closed by a hash over all the rest. */
type SnapshotFile = Snapshot & { readonly content_hash: string };

/** The text of a snapshot's file. */
export function writeSnapshot(snapshot: Snapshot): string {
  return `${JSON.stringify({ ...snapshot, content_hash: hashOf(snapshot) }, null, 2)}\n`;
}

/** Reads a snapshot's file. What is not exactly what was written is refused. */
export function readSnapshot(id: string, text: string): Snapshot {
  const { content_hash, ...snapshot } = parse(id, text);
  if (snapshot.format !== 1) throw errors.SHIP_SNAPSHOT_FORMAT({ id, format: snapshot.format });
  if (writeSnapshot(snapshot) !== text || content_hash !== hashOf(snapshot))
    throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: 'its hash does not hold' });
  if (snapshot.id !== id) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: `it says that it is ${snapshot.id}` });
  return snapshot;
}

function parse(id: string, text: string): SnapshotFile {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) throw new Error('it is not an object');
    return value as SnapshotFile;
  } catch (cause) {
    throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: (cause as Error).message }, { cause });
  }
}

function hashOf(snapshot: Snapshot): string {
  return createHash('sha256').update(JSON.stringify(snapshot)).digest('hex');
}
