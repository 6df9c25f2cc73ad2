import { join } from 'node:path';
import type { CapturedPart, Context, PartFiles, Restored, SnapshotPart } from '@ship/core';
import { type Applied, holdFor, objectsOf, type Parts } from './applied.js';
import { type Job, pullState } from './files/working-folder.js';
import { lineOf } from './rollback/judge.js';
import { admitRollback, driftLine, followOthers, noting, rollBack } from './rollback/rollback.js';
import { beforeOf, fingerprintsOf } from './rollback/rotated.js';
import { forgetIfImported, openTarget, type RollbackTarget } from './rollback/target.js';
import { stackOf } from './stack.js';
import { findTool } from './tool/tool.js';

/** What a snapshot keeps of the infrastructure: each stack as it was applied last. */
export type Value = { readonly format: 1; readonly stacks: { readonly [name: string]: Applied } };

/** The infrastructure of an environment. */
export function terraformPart(parts: Parts): SnapshotPart<Value> {
  const { records } = parts;
  return {
    capture: (ctx) => captureStacks(ctx, parts),
    async admit(ctx, value, files) {
      const left = await unknownStacks(ctx, parts, value);
      const findings = await each(value, async (name, applied) =>
        admitRollback(ctx, await targetOf(ctx, parts, name, applied, value, files)),
      );
      return left.length === 0
        ? findings
        : [
            ...findings,
            { level: 'warn', rule: 'terraform-stacks', message: `not in the snapshot, and left as they are: ${left.join(', ')}` },
          ];
    },
    async restore(ctx, value, files): Promise<Restored> {
      const restored = await each(value, async (name, applied) => [await restoreStack(ctx, parts, name, applied, value, files)]);
      // One that reads the outputs of others may have to follow them.
      await each(value, async (name, applied) => [await follow(ctx, parts, name, applied, value, files)]);
      const changed = restored.filter((one) => one.changed);
      const left = await unknownStacks(ctx, parts, value);
      const summaries = (changed.length > 0 ? changed : restored).map(({ summary }) => summary);
      return {
        changed: changed.length > 0,
        summary: [...summaries, ...(left.length === 0 ? [] : [`not in the snapshot, and left as they are: ${left.join(', ')}`])].join(', '),
      };
    },
    async isLive(ctx, value) {
      const names = await records.names(ctx);
      const same = await each(value, async (name, applied) => [isSame(applied, await records.get(ctx, name))]);
      return names.every((name) => name in value.stacks) && same.every(Boolean);
    },
    compare: (ctx, value, files) =>
      each(value, async (name, applied) => compareStack(ctx, await targetOf(ctx, parts, name, applied, value, files))),
  };
}

/** Stacks that ship has applied, and that a snapshot from before that cannot know. */
async function unknownStacks(ctx: Context, { records }: Parts, { stacks }: Value): Promise<string[]> {
  return (await records.names(ctx)).filter((name) => !(name in stacks));
}

/** The same configuration and the same values. */
function isSame(one: Applied, other: Applied | undefined): boolean {
  const identity = ({ configuration, variables, secrets, workspace, targets }: Applied) =>
    JSON.stringify([configuration, variables, secrets, workspace, targets]);
  return other !== undefined && identity(one) === identity(other);
}

/** One stack after the other, as they were applied: one may read outputs of another. */
async function each<T>({ stacks }: Value, act: (name: string, applied: Applied) => Promise<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for (const [name, applied] of Object.entries(stacks)) all.push(...(await act(name, applied)));
  return all;
}

async function captureStacks(ctx: Context, parts: Parts): Promise<CapturedPart<Value> | undefined> {
  const stacks: Record<string, Applied> = {};
  const files: Record<string, string> = {};
  const found = await Promise.all(
    (await parts.records.names(ctx)).map(async (name) => ({ name, applied: await parts.records.get(ctx, name) })),
  );
  const inOrder = found.flatMap(({ name, applied }) => (applied === undefined ? [] : [{ name, applied }]));
  inOrder.sort(({ applied: one }, { applied: other }) => (one.at < other.at ? -1 : 1));
  for (const { name, applied } of inOrder) {
    const state = await pullState(ctx, await jobOf(ctx, parts, applied), applied);
    const text = state === undefined ? undefined : ctx.refer(state.text);
    stacks[name] = { ...applied, serial: state?.serial ?? applied.serial, fingerprints: fingerprintsOf(ctx, text ?? '') };
    if (text !== undefined) files[endingOf(name, inOrder.length)] = text;
  }
  if (inOrder.length === 0) return undefined;
  return { value: { format: 1, stacks }, files, objects: inOrder.flatMap(({ applied }) => objectsOf(applied)) };
}

async function jobOf(ctx: Context, { options, objects }: Parts, { dir, workspace, targets }: Applied): Promise<Job> {
  return { stack: stackOf(ctx, options, { dir, workspace, targets }), tool: await findTool(ctx, options.binary), objects };
}

async function targetOf(
  ctx: Context,
  parts: Parts,
  name: string,
  applied: Applied,
  { stacks }: Value,
  files: PartFiles,
): Promise<RollbackTarget> {
  const live = await parts.records.get(ctx, name);
  const { lineage } = applied;
  const { protected: kept = [], imports = [], moves = [], forgotten = [] } = live ?? {};
  // Renames from before the snapshot are part of its configuration.
  const known = applied.moves?.length ?? 0;
  const since = JSON.stringify(moves.slice(0, known)) === JSON.stringify(applied.moves ?? []) ? moves.slice(known) : [];
  const state = await files.read(endingOf(name, Object.keys(stacks).length));
  return {
    ...(await jobOf(ctx, parts, applied)),
    configuration: applied,
    destroy: false,
    targets: [],
    ...(live === undefined ? {} : { live, recorded: live.serial }),
    ...beforeOf(ctx, state.toString('utf8'), applied.fingerprints),
    lineage,
    isNew: () => false,
    protected: kept,
    forgets: imports,
    forgotten: forgotten.filter((address) => !(applied.forgotten ?? []).includes(address)),
    moves: since,
    isCutOff: false,
  };
}

/** The file of the state of a stack; where there is one stack, it needs no name. */
const endingOf = (name: string, stacks: number): string => (stacks === 1 ? 'tfstate' : `${name}.tfstate`);

type Arguments = Parameters<typeof targetOf>;

async function restoreStack(...[ctx, parts, name, applied, value, files]: Arguments): Promise<Restored> {
  const target = await targetOf(ctx, parts, name, applied, value, files);
  const { restored, state } = await noting(ctx, parts, target, () => rollBack(ctx, target));
  await holdFor(ctx, parts.objects, name, objectsOf(applied));
  if (state !== undefined) await parts.records.put(ctx, name, { ...applied, serial: state.serial, by: ctx.run });
  return restored;
}

async function follow(...[ctx, parts, name, applied, value, files]: Arguments): Promise<void> {
  if (applied.reads.length === 0) return;
  const target = await targetOf(ctx, parts, name, applied, value, files);
  const state = await noting(ctx, parts, target, () => followOthers(ctx, target));
  if (state !== undefined) await parts.records.put(ctx, name, { ...applied, serial: state.serial, by: ctx.run });
}

/** How the infrastructure differs from what was captured, and where it has drifted from its state. */
async function compareStack(ctx: Context, target: RollbackTarget): Promise<string[]> {
  const working = await openTarget(ctx, target);
  try {
    const { terraform, varFiles, folder } = working;
    const { dir } = target.stack;
    const planned = await terraform.plan({
      out: join(folder, 'compare.tfplan'),
      varFiles,
      targets: target.configuration.targets,
      locks: false,
    });
    const drift = await terraform.plan({ out: join(folder, 'drift.tfplan'), varFiles, refreshOnly: true, locks: false });
    return [
      ...planned.changes.map((change) => `${dir}: going back would ${lineOf(forgetIfImported(change, target))}`),
      ...planned.moves.map(({ from, to }) => `${dir}: going back would call ${from} ${to} again`),
      ...planned.outputs.map((name) => `${dir}: output ${name} is another one`),
      ...drift.outputs.map((name) => `${dir}: reality has left the state: output ${name}`),
      ...drift.drift.map((change) => `${dir}: reality has left the state: ${driftLine(change)}`),
    ];
  } finally {
    working.close();
  }
}
