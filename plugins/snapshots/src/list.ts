import type { CommandContext, Json } from '@ship/core';
import type { Listed, ListedSnapshot } from './listing.js';
import type { Shelf } from './shelf.js';

/** `ship snapshots list`, and `--list-snapshots`: the newest, with those that are pinned marked. */
export async function listSnapshots(shelf: Shelf, ctx: CommandContext, newest: number): Promise<Json> {
  const pins = await shelf.pins.all(ctx.environment);
  const found = await shelf.list(ctx.environment, newest + 1);
  const listed = found.slice(0, newest).map((each) => ({ ...each, refused: whyRefused(each, ctx), pinned: pins[each.id] }));
  if (listed.length === 0) ctx.print(`${ctx.environment} has no snapshots yet: one is kept after each run whose verification passed.`);
  else for (const line of table(listed, new Date())) ctx.print(line);
  if (found.length > newest) ctx.print('There are older ones: `ship snapshots list all`.');
  return listed.map(({ refused, pinned, ...each }) => ({
    ...('problem' in each ? { id: each.id, problem: each.problem } : each.listed),
    restorable: refused === undefined,
    ...(refused === undefined ? {} : { refused }),
    ...(pinned === undefined ? {} : { pinned }),
  })) as unknown as Json;
}

/** Why `--rollback-to` would refuse a snapshot before it asks any driver; undefined where it would not. */
function whyRefused(listed: ListedSnapshot, { components, project, environment }: CommandContext): string | undefined {
  if ('problem' in listed) return listed.problem.replace(`${listed.id} is `, '');
  const { listed: snapshot } = listed;
  if (snapshot.project !== project) return `it is of project ${snapshot.project}`;
  if (snapshot.environment !== environment) return `it is of environment ${snapshot.environment}`;
  const holds = snapshot.parts.length > 0 || Object.keys(snapshot.components).some((name) => components[name] !== undefined);
  return holds ? undefined : 'it holds no component that the config has';
}

/** `ship snapshots show ID`. */
export async function showSnapshot(shelf: Shelf, ctx: CommandContext, id: string): Promise<Json> {
  const snapshot = await shelf.find(ctx.environment, id);
  for (const line of JSON.stringify(snapshot, null, 2).split('\n')) ctx.print(line);
  return snapshot as unknown as Json;
}

type Row = ListedSnapshot & { readonly refused: string | undefined; readonly pinned: string | undefined };

function table(listed: readonly Row[], now: Date): string[] {
  const rows = listed.map((each) =>
    'problem' in each
      ? [each.id, '?', '?', refusal(each)]
      : [
          each.id,
          each.listed.version,
          age(now.getTime() - Date.parse(each.listed.timestamp)),
          [verified(each.listed), refusal(each), pinnedText(each)].filter(Boolean).join('; '),
        ],
  );
  const all = [['SNAPSHOT', 'VERSION', 'AGE', 'VERIFICATION'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) => row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell)).join('  '));
}

const refusal = ({ refused }: Row): string => (refused === undefined ? '' : `cannot be gone back to: ${refused}`);

const pinnedText = ({ pinned }: Row): string => (pinned === undefined ? '' : pinned === '' ? 'pinned' : `pinned: ${pinned}`);

function verified({ verification, rollback_safe }: Listed): string {
  const suites = Object.entries(verification).filter(([, passed]) => passed !== null);
  const told =
    suites.length === 0 ? 'nothing to verify' : suites.map(([suite, passed]) => `${suite} ${passed ? 'passed' : 'failed'}`).join(', ');
  return rollback_safe ? told : `${told}; not safe to go back to`;
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
