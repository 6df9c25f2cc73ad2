import type { Command, CommandContext, Json } from '@ship/core';
import { liveRelease } from './driver/live.js';
import { makeLive, removeAll, stopAll } from './driver/restore.js';
import { errors } from './errors.js';
import { isRunning, listProcesses, logTail, readProcess } from './process/records.js';
import { listReleases, readRelease, swapCurrent } from './release/store.js';
import { type Site, siteOf } from './site.js';

/** What a verb of `ship release` does with one component. Resolves to its part of the JSON document. */
type Verb = (site: Site, print: (line: string) => void) => Promise<Json>;

/** One release, as `ship release status` tells of it. */
interface Row {
  [column: string]: string | number | boolean | null;
  release: string;
  version: string;
  live: boolean;
  pid: number | null;
  port: number | null;
  restarts: number;
  created: string;
}

/** Lists the releases of a component, newest first. */
const status: Verb = async (site, print) => {
  const live = await liveRelease(site.layout);
  const ids = (await listReleases(site.layout)).reverse();
  const rows = await Promise.all(ids.map((id) => rowOf(site, id, id === live)));
  print(`${site.name}${rows.length === 0 ? ': no releases' : ''}`);
  for (const line of table(rows)) print(line);
  for (const { reason, at, restarts, release } of await crashes(site)) {
    print(`${release} was started again ${restarts} times; the last time at ${at}: ${reason}`);
  }
  return rows;
};

/** Releases whose services end unasked. */
async function crashes({ layout }: Site) {
  const records = await listProcesses(layout);
  return records.flatMap(({ last_end, restarts, release }) => (last_end === null ? [] : [{ ...last_end, restarts, release }]));
}

async function rowOf({ layout }: Site, id: string, live: boolean): Promise<Row> {
  const release = await readRelease(layout, id);
  const record = await readProcess(layout, id);
  const running = isRunning(record) ? record : undefined;
  return {
    release: id,
    version: release?.version ?? 'damaged',
    live,
    pid: running?.service?.pid ?? null,
    port: running?.port ?? null,
    restarts: record?.restarts ?? 0,
    created: release?.created_at ?? '',
  };
}

function table(rows: readonly Row[]): string[] {
  const first = rows[0];
  if (!first) return [];
  const columns = Object.keys(first);
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  return lines.map((line) =>
    line
      .map((text, index) => text.padEnd(widths[index]!))
      .join('  ')
      .trimEnd(),
  );
}

function cell(value: Row[string] | undefined): string {
  if (typeof value === 'boolean') return value ? 'yes' : '';
  return value === null || value === undefined ? '-' : String(value);
}

/** Starts the live release again, and its front. */
const start: Verb = async (site, print) => {
  const { layout, name } = site;
  const id = await liveRelease(layout);
  const release = id === undefined ? undefined : await readRelease(layout, id);
  const reason = id === undefined ? 'nothing was deployed yet' : 'its folder is missing or damaged';
  if (!release) throw errors.SHIP_RELEASE_MISSING({ component: name, release: id ?? '(none)', reason });
  await makeLive(site, release);
  print(`${name} ${release.version} is running`);
  return { release: release.id, version: release.version, running: true };
};

/** Ends the service and its front. The releases stay. */
const stop: Verb = async (site, print) => {
  const live = await liveRelease(site.layout);
  // The front's record goes away, and `start` must find what the front knew.
  if (live !== undefined) await swapCurrent(site.layout, live);
  await stopAll(site);
  print(`${site.name} is stopped`);
  return { release: live ?? null, running: false };
};

/** Ends everything and removes what was made. */
const remove: Verb = async (site, print) => {
  const { changed, summary = '' } = await removeAll(site);
  print(summary);
  return { removed: changed };
};

const LINES = 100;

/** Shows the last lines of the live release's log. */
const logs: Verb = async (site, print) => {
  const release = await liveRelease(site.layout);
  const text = release === undefined ? '' : await logTail(site, release, LINES);
  const lines = text === '' ? [] : text.split('\n');
  for (const line of lines) print(line);
  return { release: release ?? null, lines };
};

const VERBS: Readonly<Record<string, Verb>> = { status, start, stop, remove, logs };

/** `ship release ...`: the releases of this machine, by hand. */
export const releaseCommand: Command = {
  summary: 'Shows, starts, stops and removes releases on this machine',
  usage: 'status|start|stop|remove|logs [component]',
  async run(ctx, [verb = '', name]) {
    const act = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
    if (!act) throw errors.SHIP_RELEASE_USAGE({ verb });
    const document: { [component: string]: Json } = {};
    for (const site of sitesOf(ctx, name)) document[site.name] = await act(site, (line) => ctx.print(line));
    return document;
  },
};

function sitesOf(ctx: CommandContext, name: string | undefined): Site[] {
  const ours = Object.values(ctx.components).filter(({ driver }) => driver === 'release');
  const chosen = name === undefined ? ours : ours.filter((component) => component.name === name);
  const known = ours.map((component) => component.name).join(', ');
  if (name !== undefined && chosen.length === 0) throw errors.SHIP_RELEASE_COMPONENT_UNKNOWN({ name, known });
  return chosen.map((component) => siteOf(ctx, component));
}
