import type { CommandContext, Json } from '@ship/core';
import type { Common, Listed, ListedSnapshot } from './listed.js';
import type { Shelf } from './shelf.js';

/** So many lines of a list are printed at once. */
const PRINTED_AT_ONCE = 256;

/** `ship snapshots list`, and `--list-snapshots`: the newest, with those that are pinned marked. */
export async function listSnapshots(shelf: Shelf, ctx: CommandContext, newest: number): Promise<() => Json> {
  const pins = new Map(Object.entries(await shelf.pins.all(ctx.environment)));
  const found = await shelf.list(ctx.environment, newest + 1);
  const listed = found.slice(0, newest);
  const verdictOf = onceEach((common: Common) => judge(common, ctx));
  if (listed.length === 0) ctx.print(`${ctx.environment} has no snapshots yet: one is kept after each run whose verification passed.`);
  else for (const lines of table(listed, { pins, verdictOf, now: Date.now() })) ctx.print(lines);
  if (found.length > newest) ctx.print('There are older ones: `ship snapshots list all`.');
  return () => listed.map((each) => answered(each, { pins, verdictOf })) as unknown as Json;
}

/** What is to be said of all snapshots that have the same in common. */
interface Verdict {
  /** Why `--rollback-to` would refuse them before it asks any driver. */
  readonly refused: string | undefined;
  /** For the table. */
  readonly text: string;
}

interface Known {
  /** Notes by id. */
  readonly pins: ReadonlyMap<string, string>;
  readonly verdictOf: (common: Common) => Verdict;
}

/** Of ten thousand snapshots almost all have the same in common. */
function onceEach<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

function judge(common: Common, ctx: CommandContext): Verdict {
  const refused = whyRefused(common, ctx);
  return { refused, text: refused === undefined ? verified(common) : `${verified(common)}; ${refusal(refused)}` };
}

function whyRefused({ names, parts, ...common }: Common, { components, project, environment }: CommandContext): string | undefined {
  if (common.project !== project) return `it is of project ${common.project}`;
  if (common.environment !== environment) return `it is of environment ${common.environment}`;
  const holds = parts.length > 0 || names.some((name) => components[name] !== undefined);
  return holds ? undefined : 'it holds no component that the config has';
}

const damage = ({ id, problem }: { readonly id: string; readonly problem: string }): string => problem.replace(`${id} is `, '');

function answered(listed: ListedSnapshot, { pins, verdictOf }: Known): object {
  const refused = 'problem' in listed ? damage(listed) : verdictOf(listed.common).refused;
  const pinned = pins.get(listed.id);
  return {
    ...('problem' in listed ? { id: listed.id, problem: listed.problem } : fieldsOf(listed)),
    restorable: refused === undefined,
    ...(refused === undefined ? {} : { refused }),
    ...(pinned === undefined ? {} : { pinned }),
  };
}

const fieldsOf = ({ id, version, timestamp, git_sha, versions, common }: Listed): object => ({
  id,
  project: common.project,
  environment: common.environment,
  version,
  timestamp,
  git_sha,
  verification: common.verification,
  rollback_safe: common.rollback_safe,
  created_by: common.created_by,
  components: Object.fromEntries(common.names.map((name, index) => [name, versions[index]])),
  parts: common.parts,
});

/** `ship snapshots show ID`. */
export async function showSnapshot(shelf: Shelf, ctx: CommandContext, id: string): Promise<Json> {
  const snapshot = await shelf.find(ctx.environment, id);
  ctx.print(JSON.stringify(snapshot, null, 2));
  return snapshot as unknown as Json;
}

/** The table, many lines to a text: to print each alone takes longer than to make it. */
function* table(listed: readonly ListedSnapshot[], { now, ...known }: Known & { readonly now: number }): Generator<string> {
  const ages = listed.map((each) => ('problem' in each ? '?' : age(now - Date.parse(each.timestamp))));
  const ids = gapsAfter('SNAPSHOT', (row) => listed[row]?.id);
  const versions = gapsAfter('VERSION', (row) => listed[row] && versionOf(listed[row]));
  const times = gapsAfter('AGE', (row) => ages[row]);
  const line = (id: string, version: string, time: string, last: string) =>
    id + ids[id.length]! + version + versions[version.length]! + time + times[time.length]! + last;
  yield line('SNAPSHOT', 'VERSION', 'AGE', 'VERIFICATION');
  for (let from = 0; from < listed.length; from += PRINTED_AT_ONCE)
    yield listed
      .slice(from, from + PRINTED_AT_ONCE)
      .map((each, row) => line(each.id, versionOf(each), ages[from + row]!, told(each, known)))
      .join('\n');
}

const versionOf = (listed: ListedSnapshot): string => ('problem' in listed ? '?' : listed.version);

/** What stands behind a cell of a column, by the length of the cell. */
function gapsAfter(title: string, cellOf: (row: number) => string | undefined): readonly string[] {
  let widest = title.length;
  for (let row = 0, cell = cellOf(0); cell !== undefined; row += 1, cell = cellOf(row)) if (cell.length > widest) widest = cell.length;
  return Array.from({ length: widest + 1 }, (_, length) => ' '.repeat(widest - length + 2));
}

function told(listed: ListedSnapshot, { pins, verdictOf }: Known): string {
  if ('problem' in listed) return refusal(damage(listed));
  const { text } = verdictOf(listed.common);
  const pinned = pins.size > 0 ? pins.get(listed.id) : undefined;
  if (pinned === undefined) return text;
  return pinned === '' ? `${text}; pinned` : `${text}; pinned: ${pinned}`;
}

const refusal = (refused: string): string => `cannot be gone back to: ${refused}`;

function verified({ verification, rollback_safe }: Common): string {
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
