import type { Answer, Command, CommandContext, Json } from '@ship/core';
import { differenceLine, liveDifferences, snapshotDifferences } from './diff.js';
import { errors } from './errors.js';
import { listSnapshots, showSnapshot } from './list.js';
import type { Shelf } from './shelf.js';

/** So many does a list show where nobody asks for more. */
const SHOWN = 20;

type Verb = (shelf: Shelf, ctx: CommandContext, words: readonly string[]) => Promise<Answer> | undefined;

/** What each verb does with its words; undefined where they make no sense. */
const VERBS: Readonly<Record<string, Verb>> = {
  list: (shelf, ctx, [count, ...rest]) => {
    if (rest.length > 0 || (count !== undefined && !/^(all|[1-9]\d{0,8})$/.test(count))) return undefined;
    return listSnapshots(shelf, ctx, count === 'all' ? Number.POSITIVE_INFINITY : Number(count ?? SHOWN));
  },
  show: (shelf, ctx, [id, ...rest]) => (id === undefined || rest.length > 0 ? undefined : showSnapshot(shelf, ctx, id)),
  diff: (shelf, ctx, [one, other, ...rest]) => (one === undefined || rest.length > 0 ? undefined : diff(shelf, ctx, one, other)),
  verify: (shelf, ctx, ids) => verify(shelf, ctx, ids),
  pin: (shelf, ctx, [id, ...note]) => (id === undefined ? undefined : pin(shelf, ctx, id, note.join(' '))),
  unpin: (shelf, ctx, [id, ...rest]) => (id === undefined || rest.length > 0 ? undefined : unpin(shelf, ctx, id)),
  prune: (shelf, ctx, words) =>
    words.length === 0 ? prune(shelf, ctx, false) : words.join() === 'show' ? prune(shelf, ctx, true) : undefined,
};

/** `ship snapshots …`. */
export function snapshotsCommand(shelf: Shelf): Command {
  return {
    summary: 'what can be gone back to; compare, check and keep it',
    usage: 'list [N|all] | show ID | diff ID [ID] | verify [ID…] | pin ID [NOTE] | unpin ID | prune [show]',
    async run(ctx, [verb = 'list', ...words]) {
      const answer = Object.hasOwn(VERBS, verb) ? VERBS[verb]!(shelf, ctx, words) : undefined;
      if (answer === undefined) throw errors.SHIP_SNAPSHOTS_USAGE({ given: [verb, ...words].join(' ') });
      return answer;
    },
  };
}

async function diff(shelf: Shelf, ctx: CommandContext, one: string, other: string | undefined): Promise<Json> {
  const from = await shelf.find(ctx.environment, one);
  const to = other === undefined ? undefined : await shelf.find(ctx.environment, other);
  const differences = to ? snapshotDifferences(from, to) : await liveDifferences(ctx, from);
  ctx.print(`${from.id} (${from.version}) and ${to ? `${to.id} (${to.version})` : 'what is live'}:`);
  for (const each of differences) ctx.print(`  ${differenceLine(each)}`);
  if (differences.length === 0) ctx.print('  no difference');
  return { from: from.id, to: to?.id ?? 'live', differences } as unknown as Json;
}

async function verify(shelf: Shelf, ctx: CommandContext, given: readonly string[]): Promise<Json> {
  const named = await Promise.all(given.map((id) => shelf.resolve(ctx.environment, id)));
  const ids = named.length > 0 ? named : await shelf.ids(ctx.environment);
  const damaged: { id: string; problems: string[] }[] = [];
  for (const id of ids) {
    const problems = await shelf.problems(ctx.environment, id);
    if (problems.length > 0) damaged.push({ id, problems });
    for (const problem of problems) ctx.print(`✗ ${id}: ${problem}`);
  }
  if (damaged.length > 0) throw errors.SHIP_SNAPSHOTS_DAMAGED({ damaged: damaged.map(({ id }) => id), checked: ids.length });
  ctx.print(ids.length === 0 ? `${ctx.environment} has no snapshots yet.` : `✓ ${ids.length} checked: all are what they were`);
  return { checked: ids, damaged } as Json;
}

async function pin(shelf: Shelf, ctx: CommandContext, given: string, note: string): Promise<Json> {
  const { id } = await shelf.find(ctx.environment, given);
  await shelf.pins.add(ctx.environment, id, note);
  ctx.print(`${id} is pinned: it stays until \`ship snapshots unpin ${id}\``);
  return { id, note };
}

async function unpin(shelf: Shelf, ctx: CommandContext, given: string): Promise<Json> {
  const id = await shelf.resolve(ctx.environment, given);
  const was = await shelf.pins.remove(ctx.environment, id);
  ctx.print(was ? `${id} is not pinned any more` : `${id} was not pinned`);
  return { id, was_pinned: was };
}

async function prune(shelf: Shelf, ctx: CommandContext, dryRun: boolean): Promise<Json> {
  const { snapshots, files } = await shelf.prune(ctx.environment, ctx.config.rollback.snapshot_count, await ctx.neededSnapshots(), {
    dryRun,
  });
  const would = dryRun ? 'would go' : 'evicted';
  for (const id of [...snapshots, ...files]) ctx.print(`${id} ${would}`);
  if (snapshots.length + files.length === 0) ctx.print('nothing to prune');
  return { [dryRun ? 'would_evict' : 'evicted']: snapshots, files } as unknown as Json;
}
