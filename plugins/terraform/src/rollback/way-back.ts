import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Context } from '@ship/core';
import { openCaptured, type WorkingFolder } from '../files/working-folder.js';
import type { PlanDocument } from '../tool/plan-document.js';
import { readState, type State } from '../tool/state.js';
import { judge, lineOf, type Verdict } from './judge.js';
import { destroyedByLiveAlone, hasNewDestroy, outsideOfState } from './provisioners.js';
import { forgetIfImported, openTarget, originsOf, type RollbackTarget } from './target.js';
import { asFarAsPromised, type Departures, departures, type Expected, type LeftAlone } from './truth.js';

/** A plan of the way back, and what there is to say of it. */
export interface Planned {
  readonly plan: PlanDocument;
  readonly file: string;
  readonly verdict: Verdict;
  /** Why it must not be applied. */
  readonly blocks: readonly string[];
  /** How it leads to another world than the one that was there. */
  readonly departures: Departures;
  /** What provisioners do, a line each. */
  readonly outside: readonly string[];
}

const NO_DEPARTURES: Departures = { addresses: [], values: [] };

/**
 * What is destroyed first, with the configuration that made it: all that is new where what goes back had been applied to
 * some addresses alone, for its configuration as a whole would make more than was there; else what has a provisioner that
 * runs at the destroy.
 */
export function destroyedFirst(target: RollbackTarget, state: State | undefined, expected: Expected | undefined): string[] {
  if (target.targets.length > 0) return [];
  const added = addedSince(target, state, expected);
  return isOfSome(target) ? added : added.filter((address) => destroyedByLiveAlone(target, address));
}

/** What is there now, was not there then, and can be destroyed with the configuration that made it. */
export function addedSince(target: RollbackTarget, state: State | undefined, expected: Expected | undefined): string[] {
  const { live, destroy, moves = [], forgets = [] } = target;
  if (live === undefined || destroy || expected === undefined) return [];
  const known = new Set([...expected.truth.resources.keys(), ...moves.map(({ to }) => to), ...forgets]);
  return (state?.addresses ?? []).filter((address) => !known.has(address));
}

/** What was there then, and is another thing in the state of now, by its address then. */
function changedBesides({ before, moves = [] }: RollbackTarget, state: State | undefined): string[] {
  const then = readState(before ?? '')?.contents ?? new Map<string, unknown>();
  const now = new Map([...originsOf(moves)].map(([to, from]) => [from, to]));
  return [...then].flatMap(([address, content]) =>
    isDeepStrictEqual(content, state?.contents.get(now.get(address) ?? address)) ? [] : [address],
  );
}

/** Terraform cannot plan changes that wait for each other. Without what is new, they may not. */
export const isCircular = (error: unknown): boolean => /: Cycle\b/.test((error as Partial<Error>).message ?? '');

/** Was what goes back applied to some addresses alone, by a run that did not say so of itself? */
const isOfSome = ({ configuration, targets }: RollbackTarget): boolean => targets.length === 0 && configuration.targets.length > 0;

/** Does work in the configuration that was applied last. */
export async function withLive<T>(ctx: Context, target: RollbackTarget, work: (working: WorkingFolder) => Promise<T>): Promise<T> {
  const working = await openCaptured(ctx, target, { configuration: target.live!, live: target.configuration });
  try {
    return await work(working);
  } finally {
    working.close();
  }
}

/** Does work in the configuration that is gone back to. */
export async function withTarget<T>(ctx: Context, target: RollbackTarget, work: (working: WorkingFolder) => Promise<T>): Promise<T> {
  const working = await openTarget(ctx, target);
  try {
    return await work(working);
  } finally {
    working.close();
  }
}

/** Plans the destroy of some addresses, and of nothing else. */
export async function planDestroy(
  working: WorkingFolder,
  target: RollbackTarget,
  addresses: readonly string[],
  locks: boolean,
): Promise<Planned> {
  const file = join(working.folder, 'destroy.tfplan');
  const plan = await working.terraform.plan({ out: file, varFiles: working.varFiles, targets: addresses, destroy: true, locks });
  const verdict = judge(plan, holdersOf(target), target.isNew);
  const others = plan.changes.filter(({ address }) => !addresses.includes(address));
  const blocks = others.map((change) => `${addresses.join(', ')} can be destroyed only with what stood before: it would ${lineOf(change)}`);
  const outside = outsideOfState({ ...target, configuration: target.live!, destroy: true }, plan);
  return { plan, file, verdict, blocks: [...verdict.blocks, ...blocks], departures: NO_DEPARTURES, outside };
}

/**
 * Plans the configuration that is gone back to. One that had been applied to some addresses alone is planned as a whole
 * first: where that leads to what was there, outputs go back, too. After the apply, `promised` is the plan of it.
 */
export async function planTarget(
  working: WorkingFolder,
  target: RollbackTarget,
  expected: Expected | undefined,
  locks: boolean,
  promised?: PlanDocument,
): Promise<Planned> {
  const planFor = (targets: readonly string[]) => planLimited(working, target, expected, { locks, targets, promised });
  if (target.targets.length > 0) {
    // What such a run made or changed besides, since its targets needed it, goes with them.
    const state = await working.terraform.pull();
    const added = addedSince(target, state, expected);
    return planFor([...new Set([...target.targets, ...added, ...changedBesides(target, state), ...(state?.deposed ?? [])])]);
  }
  if (!isOfSome(target) || expected === undefined) return planFor([]);
  const whole = await planFor([]);
  const { addresses, values } = whole.departures;
  return addresses.length + values.length === 0 ? whole : planFor([...expected.truth.resources.keys()]);
}

async function planLimited(
  { terraform, varFiles, folder }: WorkingFolder,
  target: RollbackTarget,
  expected: Expected | undefined,
  { locks, targets, promised }: { locks: boolean; targets: readonly string[]; promised: PlanDocument | undefined },
): Promise<Planned> {
  const { destroy, isNew } = target;
  const file = join(folder, 'rollback.tfplan');
  const found = await terraform.plan({ out: file, varFiles, targets, destroy, locks });
  const plan = { ...found, changes: found.changes.map((change) => forgetIfImported(change, target)) };
  const verdict = judge(plan, holdersOf(target), isNew);
  const left = targets.length === 0 ? undefined : leftAlone(await terraform.pull(), plan, target);
  return {
    plan,
    file,
    verdict,
    blocks: [...verdict.blocks, ...forgottenBlocks(plan, target), ...provisionerBlocks(plan, target)],
    departures: expected === undefined ? NO_DEPARTURES : departures(expected, promised ? asFarAsPromised(plan, promised) : plan, left),
    outside: outsideOfState(target, plan),
  };
}

/** What a plan of some addresses does not look at. */
function leftAlone(state: State | undefined, { results, changes, moves }: PlanDocument, target: RollbackTarget): LeftAlone {
  const outputs = state?.outputs ?? {};
  const gone = new Set(changes.filter(({ kind }) => kind === 'delete' || kind === 'forget').map(({ address }) => address));
  const standing = (state?.addresses ?? []).filter((address) => !gone.has(address));
  // What is new is destroyed first, and may stand there still.
  if (isOfSome(target)) return { outputs, standing, added: [] };
  const { forgets = [] } = target;
  const seen = new Set(
    [...results, ...changes]
      .map(({ address }) => address)
      .concat(
        moves.map(({ from }) => from),
        forgets,
      ),
  );
  return { outputs, standing, added: standing.filter((address) => !seen.has(address)) };
}

const holdersOf = ({ stack, configuration, protected: more }: RollbackTarget) => {
  const { stateful = [], stateless = [] } = stack.options;
  return { stateful, stateless, protected: [...configuration.protected, ...more] };
};

/** What left the state still stands: to make it again would make a second one. */
const forgottenBlocks = ({ changes }: PlanDocument, { forgotten = [] }: RollbackTarget): string[] =>
  changes.flatMap(({ kind, address }) =>
    kind === 'create' && forgotten.includes(address)
      ? [`would create ${address}, which was taken out of the state and still stands: only an import takes it on again`]
      : [],
  );

const provisionerBlocks = ({ changes, moves }: PlanDocument, target: RollbackTarget): string[] =>
  changes.flatMap((change) =>
    change.kind === 'replace' && hasNewDestroy(target, change.address, { moves })
      ? [`would ${lineOf(change)}, and what its destroy has to run stands in the configuration of now alone`]
      : [],
  );
