import { type CommandContext, type ComponentState, inTime, type Json, type Snapshot } from '@ship/core';
import type { SnapshotStore, Unreadable } from './store.js';

/** A snapshot of a list. */
interface Item {
  readonly found: Snapshot | Unreadable;
  /** Why `--rollback-to` would refuse it before it asks any driver. */
  readonly refused: string | undefined;
  /** The note of its pin. */
  readonly pinned: string | undefined;
  /** What is live is as it has it. */
  readonly live: boolean;
}

/** `ship snapshots list`, and `--list-snapshots`: the newest, with those that are pinned marked. */
export async function listSnapshots(snapshots: SnapshotStore, ctx: CommandContext, newest: number): Promise<Json> {
  const pins = new Map(Object.entries(await snapshots.pins.all(ctx.environment)));
  const all = await snapshots.list(ctx.environment, newest + 1);
  const live = await liveSnapshot(all, ctx);
  const items = all
    .slice(0, newest)
    .map((found): Item => ({ found, refused: whyRefused(found, ctx), pinned: pins.get(found.id), live: found.id === live }));
  if (items.length === 0) ctx.print(`${ctx.environment} has no snapshots yet: one is kept after each run whose verification passed.`);
  else ctx.print(tableOf(items));
  if (all.length > newest) ctx.print('There are older ones: `ship snapshots list all`.');
  return items.map(jsonOf) as unknown as Json;
}

/** How long the drivers may take for a list. */
const LOOK_MS = 10_000;

/**
 * The id of the snapshot that is as what is live: that which is written down as deployed, if what the drivers say is so, else
 * the newest of which it is true.
 */
async function liveSnapshot(all: readonly Item['found'][], ctx: CommandContext): Promise<string | undefined> {
  const [needed] = await ctx.neededSnapshots();
  const readable = all.filter((found): found is Snapshot => !('problem' in found));
  const written = readable.filter(({ id }) => id === needed);
  try {
    const late = () => new Error(`the drivers did not answer within ${LOOK_MS / 1000} s`);
    const live = await inTime(() => ctx.describeComponents(), late, LOOK_MS);
    const isLive = ({ components }: Snapshot) => Object.keys(components).length > 0 && componentDifferences(components, live).length === 0;
    return [...written, ...readable].find(isLive)?.id ?? written.find(({ components }) => Object.keys(components).length === 0)?.id;
  } catch (error) {
    ctx.print(`Nobody can tell which one is live: ${(error as Error).message}`);
    return undefined;
  }
}

/** `ship snapshots show ID`. */
export async function showSnapshot(snapshots: SnapshotStore, ctx: CommandContext, id: string): Promise<Json> {
  const snapshot = await snapshots.find(ctx.environment, id);
  ctx.print(JSON.stringify(snapshot, null, 2));
  return snapshot as unknown as Json;
}

function whyRefused(found: Item['found'], { components, project, environment }: CommandContext): string | undefined {
  if ('problem' in found) return found.problem.replace(`${found.id} is `, '');
  if (found.project !== project) return `it is of project ${found.project}`;
  if (found.environment !== environment) return `it is of environment ${found.environment}`;
  const holds = Object.keys(found.parts).length > 0 || Object.keys(found.components).some((name) => components[name] !== undefined);
  return holds ? undefined : 'it holds no component that the config has';
}

function jsonOf({ found, refused, pinned, live }: Item): object {
  return {
    ...('problem' in found ? found : fieldsOf(found)),
    restorable: refused === undefined,
    ...(refused === undefined ? {} : { refused }),
    ...(pinned === undefined ? {} : { pinned }),
    ...(live ? { live } : {}),
  };
}

const fieldsOf = ({ components, parts, ...snapshot }: Snapshot): object => ({
  id: snapshot.id,
  project: snapshot.project,
  environment: snapshot.environment,
  version: snapshot.version,
  timestamp: snapshot.timestamp,
  git_sha: snapshot.git_sha,
  verification: snapshot.verification,
  rollback_safe: snapshot.rollback_safe,
  created_by: snapshot.created_by,
  components: Object.fromEntries(Object.entries(components).map(([name, { version }]) => [name, version])),
  parts: Object.keys(parts),
});

function tableOf(items: readonly Item[]): string {
  const now = Date.now();
  const rows = [['SNAPSHOT', 'VERSION', 'AGE', 'VERIFICATION'], ...items.map((item) => rowOf(item, now))];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function rowOf({ found, refused, pinned, live }: Item, now: number): string[] {
  const marks = [
    ...(live ? ['live'] : []),
    ...('problem' in found ? [] : [verified(found)]),
    ...(refused === undefined ? [] : [`cannot be gone back to: ${refused}`]),
    ...(pinned === undefined ? [] : [pinned === '' ? 'pinned' : `pinned: ${pinned}`]),
  ].join('; ');
  return 'problem' in found ? [found.id, '?', '?', marks] : [found.id, found.version, age(now - Date.parse(found.timestamp)), marks];
}

function verified({ verification, rollback_safe }: Snapshot): string {
  const suites = Object.entries(verification).filter(([, passed]) => passed !== null);
  const outcomes = suites.map(([suite, passed]) => `${suite} ${passed ? 'passed' : 'failed'}`);
  const text = outcomes.length === 0 ? 'nothing to verify' : outcomes.join(', ');
  return rollback_safe ? text : `${text}; not safe to go back to`;
}

/** `45s`, `12m`, `2h 15m`, `3d 4h`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${minutes % 60}m`;
  return minutes > 0 ? `${minutes}m` : `${seconds}s`;
}

/** One difference between two states of an environment. */
interface Difference {
  /** `component`, `part` or `environment`. */
  readonly kind: 'component' | 'part' | 'environment';
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  /** What the two versions do not say. */
  readonly detail?: string;
}

type States = Readonly<Record<string, Pick<ComponentState, 'version' | 'config_hash' | 'healthy'>>>;

/** What differs between the components of two states. */
export function componentDifferences(from: States, to: States): Difference[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names.flatMap((name): Difference[] => {
    const [one, other] = [from[name], to[name]];
    const versions = { kind: 'component', name, from: one?.version ?? null, to: other?.version ?? null } as const;
    if (one?.version !== other?.version) return [versions];
    if (one?.config_hash !== other?.config_hash) return [{ ...versions, detail: 'another configuration' }];
    return one?.healthy === other?.healthy ? [] : [{ ...versions, detail: other?.healthy ? 'healthy now' : 'not healthy now' }];
  });
}

/** Two snapshots. */
export function snapshotDifferences(from: Snapshot, to: Snapshot): Difference[] {
  const names = [...new Set([...Object.keys(from.parts), ...Object.keys(to.parts)])];
  const parts = names.filter((name) => partIn(from, name) !== partIn(to, name));
  return [
    ...(from.git_sha === to.git_sha ? [] : [{ kind: 'environment' as const, name: 'git_sha', from: from.git_sha, to: to.git_sha }]),
    ...parts.map((name) => ({ kind: 'part' as const, name, from: stateOf(from, name), to: stateOf(to, name), detail: 'another state' })),
    ...componentDifferences(from.components, to.components),
  ];
}

const partIn = ({ parts }: Snapshot, name: string): string | null => (Object.hasOwn(parts, name) ? JSON.stringify(parts[name]) : null);
const stateOf = (snapshot: Snapshot, name: string): string | null => (partIn(snapshot, name) === null ? null : 'captured');

/** A snapshot, and what is live. */
export async function liveDifferences(ctx: CommandContext, snapshot: Snapshot): Promise<Difference[]> {
  const parts = await ctx.compareParts(snapshot);
  const ofParts = Object.entries(parts).flatMap(([name, lines]): Difference[] =>
    lines === null
      ? [{ kind: 'part' as const, name, from: 'captured', to: null, detail: 'its plugin cannot compare' }]
      : lines.map((detail) => ({ kind: 'part' as const, name, from: 'captured', to: 'live', detail })),
  );
  return [...ofParts, ...componentDifferences(snapshot.components, await ctx.describeComponents())];
}

/** A line for people. */
export function differenceLine({ name, from, to, detail }: Difference): string {
  const change = from === to ? `${from}` : `${from ?? 'nothing'} -> ${to ?? 'nothing'}`;
  return `${name}: ${detail === undefined ? change : from === to ? `${change}, ${detail}` : detail}`;
}
