import type { Command, CommandContext, Json } from '@ship/core';
import { errors } from './errors.js';
import { prune } from './retention.js';
import { differenceLine, listSnapshots, liveDifferences, showSnapshot, snapshotDifferences } from './show.js';
import type { SnapshotStore } from './store.js';

/** So many does a list show where nobody asks for more. */
const SHOWN = 20;

type Verb = (snapshots: SnapshotStore, ctx: CommandContext, words: readonly string[]) => Promise<Json> | undefined;

/** What each verb does with its words; undefined where they make no sense. */
const VERBS: Readonly<Record<string, Verb>> = {
  list: (snapshots, ctx, [count, ...rest]) => {
    if (rest.length > 0 || (count !== undefined && !/^(all|[1-9]\d{0,8})$/.test(count))) return undefined;
    return listSnapshots(snapshots, ctx, count === 'all' ? Number.POSITIVE_INFINITY : Number(count ?? SHOWN));
  },
  show: (snapshots, ctx, [id, ...rest]) => (id === undefined || rest.length > 0 ? undefined : showSnapshot(snapshots, ctx, id)),
  diff: (snapshots, ctx, [one, other, ...rest]) => (one === undefined || rest.length > 0 ? undefined : diff(snapshots, ctx, one, other)),
  verify: (snapshots, ctx, ids) => verify(snapshots, ctx, ids),
  pin: (snapshots, ctx, [id, ...note]) => (id === undefined ? undefined : pin(snapshots, ctx, id, note.join(' '))),
  unpin: (snapshots, ctx, [id, ...rest]) => (id === undefined || rest.length > 0 ? undefined : unpin(snapshots, ctx, id)),
  prune: (snapshots, ctx, words) =>
    words.length === 0 ? pruneNow(snapshots, ctx, false) : words.join() === 'show' ? pruneNow(snapshots, ctx, true) : undefined,
};

/** `ship snapshots …`. */
export function snapshotsCommand(snapshots: SnapshotStore): Command {
  return {
    summary: 'what can be gone back to; compare, check and keep it',
    usage: 'list [N|all] | show ID | diff ID [ID] | verify [ID…] | pin ID [NOTE] | unpin ID | prune [show]',
    async run(ctx, [verb = 'list', ...words]) {
      const answer = Object.hasOwn(VERBS, verb) ? VERBS[verb]!(snapshots, ctx, words) : undefined;
      if (answer === undefined) throw errors.SHIP_SNAPSHOTS_USAGE({ given: [verb, ...words].join(' ') });
      return answer;
    },
  };
}

async function diff(snapshots: SnapshotStore, ctx: CommandContext, one: string, other: string | undefined): Promise<Json> {
  const from = await snapshots.find(ctx.environment, one);
  const to = other === undefined ? undefined : await snapshots.find(ctx.environment, other);
  const differences = to ? snapshotDifferences(from, to) : await liveDifferences(ctx, from);
  ctx.print(`${from.id} (${from.version}) and ${to ? `${to.id} (${to.version})` : 'what is live'}:`);
  for (const each of differences) ctx.print(`  ${differenceLine(each)}`);
  if (differences.length === 0) ctx.print('  no difference');
  return { from: from.id, to: to?.id ?? 'live', differences } as unknown as Json;
}

async function verify(snapshots: SnapshotStore, ctx: CommandContext, given: readonly string[]): Promise<Json> {
  const named = await Promise.all(given.map((id) => snapshots.resolve(ctx.environment, id)));
  const ids = named.length > 0 ? named : await snapshots.ids(ctx.environment);
  const damaged: { id: string; problems: string[] }[] = [];
  for (const id of ids) {
    const problems = await snapshots.problems(ctx.environment, id);
    if (problems.length > 0) damaged.push({ id, problems });
    for (const problem of problems) ctx.print(`✗ ${id}: ${problem}`);
  }
  if (damaged.length > 0) throw errors.SHIP_SNAPSHOTS_DAMAGED({ damaged: damaged.map(({ id }) => id), checked: ids.length });
  ctx.print(ids.length === 0 ? `${ctx.environment} has no snapshots yet.` : `✓ ${ids.length} checked: all are what they were`);
  return { checked: ids, damaged } as Json;
}

async function pin(snapshots: SnapshotStore, ctx: CommandContext, given: string, words: string): Promise<Json> {
  const note = ctx.redact(words);
  const { id } = await snapshots.find(ctx.environment, given);
  await snapshots.pins.add(ctx.environment, id, note);
  ctx.print(`${id} is pinned: it stays until \`ship snapshots unpin ${id}\``);
  return { id, note };
}

async function unpin(snapshots: SnapshotStore, ctx: CommandContext, given: string): Promise<Json> {
  const id = await snapshots.resolve(ctx.environment, given);
  const was = await snapshots.pins.remove(ctx.environment, id);
  ctx.print(was ? `${id} is not pinned any more` : `${id} was not pinned`);
  return { id, was_pinned: was };
}

async function pruneNow(snapshots: SnapshotStore, ctx: CommandContext, dryRun: boolean): Promise<Json> {
  const { environment, config } = ctx;
  const gone = await prune(snapshots, environment, config.rollback.snapshot_count, await ctx.neededSnapshots(), { dryRun });
  const names = [...gone.snapshots, ...gone.files];
  for (const name of names) ctx.print(`${name} ${dryRun ? 'would go' : 'evicted'}`);
  if (names.length === 0) ctx.print('nothing to prune');
  return { [dryRun ? 'would_evict' : 'evicted']: gone.snapshots, files: gone.files } as unknown as Json;
}
