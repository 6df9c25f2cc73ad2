import { createHash } from 'node:crypto';
import type { Json, Snapshot } from '@ship/core';
import { errors } from './errors.js';

/** A snapshot of format 1, which knew three parts; null where there was none. */
type Snapshot1 = Omit<Snapshot, 'format' | 'parts'> & { readonly format: 1 } & Readonly<Record<(typeof PARTS_1)[number], Json>>;

const PARTS_1 = ['terraform', 'migrations', 'helm_values'] as const;

/** The text of a snapshot's file: closed by a hash over all the rest. */
export function writeSnapshot(snapshot: Snapshot | Snapshot1): string {
  return `${JSON.stringify({ ...snapshot, content_hash: hashOf(snapshot) }, null, 2)}\n`;
}

/** Reads a snapshot's file. What is not exactly what was written is refused; one of format 1 becomes one of format 2. */
export function readSnapshot(id: string, text: string): Snapshot {
  const { content_hash: _, ...snapshot } = parse(id, text);
  if (snapshot.format !== 1 && snapshot.format !== 2)
    throw errors.SHIP_SNAPSHOT_FORMAT({ id, format: (snapshot as { format: unknown }).format });
  if (writeSnapshot(snapshot) !== text) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: 'its hash does not hold' });
  if (snapshot.id !== id) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: `it says that it is ${snapshot.id}` });
  return snapshot.format === 1 ? upgraded(snapshot) : snapshot;
}

function upgraded({ terraform, helm_values, migrations, ...rest }: Snapshot1): Snapshot {
  const values = { terraform, migrations, helm_values };
  const held = PARTS_1.filter((name) => values[name] !== null);
  return { ...rest, format: 2, parts: Object.fromEntries(held.map((name) => [name, values[name]])) };
}

function parse(id: string, text: string): (Snapshot | Snapshot1) & { readonly content_hash: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) throw new Error('it is not an object');
    return value as (Snapshot | Snapshot1) & { readonly content_hash: string };
  } catch (cause) {
    throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: (cause as Error).message }, { cause });
  }
}

function hashOf(snapshot: Snapshot | Snapshot1): string {
  return createHash('sha256').update(JSON.stringify(snapshot)).digest('hex');
}
