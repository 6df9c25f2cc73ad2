import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '@ship/core';
import type { Configuration } from './applied.js';
import { blocksIn } from './blocks.js';
import type { Move, ResourceChange } from './plan-document.js';
import { type Job, openCaptured, type WorkingFolder } from './working-folder.js';

/** What infrastructure is rolled back to. */
export interface RollbackTarget extends Job {
  /** What is applied again; with `destroy`, what was made from it is destroyed. */
  readonly configuration: Configuration;
  readonly destroy: boolean;
  /** The lineage that the state must have; absent where there was none. */
  readonly lineage?: string;
  /** Was the resource with this address made by what is rolled back? */
  readonly isNew: (address: string) => boolean;
  /** What was imported, and leaves the state again. It was there before, so it must not be destroyed. */
  readonly forgets?: readonly string[];
  /** What was renamed since then. It is the same resource, and no plan may take it for another one. */
  readonly moves?: readonly Move[];
  /** The key of the state as it was captured, for a backend that has lost it. */
  readonly state?: string;
  /** What `prevent_destroy` protects in the configuration that is live. */
  readonly protected: readonly string[];
}

/** The captured configuration, in which each resource has its old address again. */
export async function openTarget(ctx: Context, target: RollbackTarget): Promise<WorkingFolder> {
  const { configuration, moves = [] } = target;
  const working = await openCaptured(ctx, target, configuration);
  const origins = originsOf(moves);
  if (origins.size === 0) return working;
  const { cwd } = working.terraform.place;
  const own = movesIn(cwd);
  const moved = [...origins].map(([from, to]) => ({ from, to: startOf(to, own) }));
  writeFileSync(join(cwd, 'ship_moved.tf.json'), JSON.stringify({ moved }), { mode: 0o600 });
  return working;
}

/** The first address of each resource that has another one now, by its address now. Renamed and renamed back counts as not renamed. */
export function originsOf(moves: readonly Move[]): Map<string, string> {
  const origins = new Map<string, string>();
  for (const { from, to } of moves) {
    const origin = origins.get(from) ?? from;
    origins.delete(from);
    if (origin !== to) origins.set(to, origin);
  }
  return origins;
}

/** What the configuration itself renames: where from, by where to. */
function movesIn(folder: string): Map<string, string> {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.tf'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const blocks = texts.flatMap(blocksIn).filter(({ type }) => type === 'moved');
  const address = (body: string, name: 'from' | 'to') => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)`, 'm').exec(body)?.[1] ?? '';
  return new Map(blocks.map(({ body }) => [address(body, 'to'), address(body, 'from')]));
}

/** Terraform allows one rename to an address. Where the configuration has one already, ours ends where that one begins. */
function startOf(address: string, own: ReadonlyMap<string, string>): string {
  const seen = new Set<string>();
  let start = address;
  for (let from = own.get(start); from !== undefined && !seen.has(from); from = own.get(start)) {
    seen.add(from);
    start = from;
  }
  return start;
}

/** What was imported is forgotten, where the plan would destroy it. */
export const forgetIfImported = (change: ResourceChange, { forgets = [] }: RollbackTarget): ResourceChange =>
  change.kind === 'delete' && forgets.includes(change.address) ? { ...change, kind: 'forget', reason: 'it was imported' } : change;
