import { liveRelease } from '../driver/live.js';
import { isRunning, readProcess } from '../process/records.js';
import { listReleases, readRelease } from '../release/store.js';
import type { Site, Verb } from '../site.js';

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
export const status: Verb = async (site, print) => {
  const live = await liveRelease(site.layout);
  const ids = (await listReleases(site.layout)).reverse();
  const rows = await Promise.all(ids.map((id) => rowOf(site, id, id === live)));
  print(`${site.name}${rows.length === 0 ? ': no releases' : ''}`);
  for (const line of table(rows)) print(line);
  return rows;
};

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
