import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Context, Finding } from '@ship/core';
import type { Backend, Configuration } from '../applied.js';
import { type Job, openCaptured, type WorkingFolder } from '../files/working-folder.js';
import { unindexed } from '../tool/address.js';
import type { Move, ResourceChange } from '../tool/plan-document.js';
import type { State } from '../tool/state.js';
import { type Expected, readTruth } from './truth.js';

/** What infrastructure is rolled back to. */
export interface RollbackTarget extends Job {
  /** What is applied again; with `destroy`, what was made from it is destroyed. */
  readonly configuration: Configuration;
  readonly destroy: boolean;
  /** Only these addresses go back. */
  readonly targets: readonly string[];
  /** What was applied last; absent where nobody knows. */
  readonly live?: Configuration;
  /** The state as it was then: what the infrastructure is to be like again. Absent where there was none. */
  readonly before?: string;
  /** Variables of the environment that hold another secret than they did then. */
  readonly rotated?: readonly string[];
  /** Was it changed since ship had applied it, by hand or by another tool? How, in words. */
  readonly changedSince?: string;
  /** The serial of the state as ship has left it last. */
  readonly recorded?: number;
  /** The lineage that the state must have; absent where there was none. */
  readonly lineage?: string;
  /** Was the resource with this address made by what is rolled back? */
  readonly isNew: (address: string) => boolean;
  /** What was imported, and leaves the state again. It was there before, so it must not be destroyed. */
  readonly forgets?: readonly string[];
  /** What was taken out of the state since then, and still stands. */
  readonly forgotten?: readonly string[];
  /** What was renamed since then. It is the same resource, and no plan may take it for another one. */
  readonly moves?: readonly Move[];
  /** An apply was cut off, which may have emptied the state: then `before` is put in its place. */
  readonly isCutOff: boolean;
  /** What `prevent_destroy` protects in the configuration that is live. */
  readonly protected: readonly string[];
}

/** The captured configuration, in which each resource has its old address again. */
export function openTarget(ctx: Context, target: RollbackTarget): Promise<WorkingFolder> {
  const { configuration, live, moves = [] } = target;
  const own = new Map(configuration.renames.map(({ from, to }) => [to, from]));
  const moved = [...originsOf(moves)].map(([from, to]) => ({ from, to: startOf(to, own) }));
  const beside = moved.length === 0 ? {} : { 'ship_moved.tf.json': JSON.stringify({ moved }) };
  return openCaptured(ctx, target, { configuration, ...(live === undefined ? {} : { live }), beside });
}

/** What the infrastructure was like; undefined where there was none, or nobody knows. */
export async function expectedOf(working: WorkingFolder, target: RollbackTarget): Promise<Expected | undefined> {
  const { before, changedSince, lineage } = target;
  const ignored = ignoredThroughout(target);
  // Where there was no state at all, there was nothing.
  if (before === undefined) return lineage === undefined ? { truth: { resources: new Map(), outputs: {} }, ignored } : undefined;
  const file = join(working.folder, 'before.tfstate');
  writeFileSync(file, before, { mode: 0o600 });
  const truth = readTruth(await working.terraform.show(file));
  // What somebody else has changed since is not what was planned.
  return { truth, ignored, ...(changedSince === undefined ? { planned: working.planned } : { isOfOthers: true }) };
}

/** What is left to others then and now: what the configuration of now does not ignore, it has changed itself. */
function ignoredThroughout({ configuration, live, moves = [] }: RollbackTarget): Configuration['ignored'] {
  if (live === undefined) return configuration.ignored;
  const now = new Map([...originsOf(moves)].map(([to, from]) => [unindexed(from), unindexed(to)]));
  return Object.fromEntries(
    Object.entries(configuration.ignored).map(([address, names]) => {
      const still = live.ignored[now.get(address) ?? address] ?? [];
      if (names.includes('all')) return [address, still];
      return [address, still.includes('all') ? names : names.filter((name) => still.includes(name))];
    }),
  );
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

/** Is it the same world? What speaks against it, before Terraform is asked for a plan. */
export function foreignWorld(ctx: Context, { configuration, live, stack }: RollbackTarget): Finding | undefined {
  const [then, now] = [configuration.backend, live?.backend ?? configuration.backend].map((each) => ctx.resolve(each));
  if (isDeepStrictEqual(then, now)) return undefined;
  return {
    level: 'block',
    rule: 'terraform-backend',
    message: `${stack.dir}: the state lay in ${placeOf(then!)}, and lies in ${placeOf(now!)} now: the way back would work on another world`,
  };
}

const placeOf = (backend: Backend | null): string => {
  if (backend === null) return 'the folder of the module';
  const { path, address, bucket, key, conn_str, schema_name, prefix, container_name } = backend.config;
  const host = typeof address === 'string' ? address.replace(/\/\/[^@/]*@/, '//') : undefined;
  const where = [host, path, bucket ?? container_name, key ?? prefix, conn_str === undefined ? undefined : schema_name];
  return [`a backend of type ${backend.type}`, ...where.filter((each) => typeof each === 'string')].join(' ');
};

/** Is the state the one that was captured? */
export function stateProblem({ stack, lineage, isCutOff }: RollbackTarget, state: State | undefined): Finding | undefined {
  if (lineage === undefined) return undefined;
  if (state === undefined)
    return isCutOff
      ? undefined
      : {
          level: 'block',
          rule: 'terraform-state',
          message: `${stack.dir}: the state is gone, and without it everything would be made a second time. Bring it back first`,
        };
  if (state.lineage === lineage) return undefined;
  return {
    level: 'block',
    rule: 'terraform-lineage',
    message: `${stack.dir}: the state is not the one that was captured: its lineage is ${state.lineage}, and was ${lineage}`,
  };
}
