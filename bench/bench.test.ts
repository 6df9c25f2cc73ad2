import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Row {
  readonly candidate: string;
  /** In the place of figures, where a peer is not installed. */
  readonly missing?: string;
  readonly median?: number;
  readonly rounds?: number;
}

interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
}

const RUN = fileURLToPath(new URL('./run.mjs', import.meta.url));

/** Runs a group with its smallest sizes, once. */
async function smoke(group: string): Promise<readonly Table[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [RUN, group, '--smoke', '--json']);
  return JSON.parse(stdout).groups[0].tables;
}

const OURS: Readonly<Record<string, readonly string[]>> = {
  start: ['node empty.cjs', 'ship --version', 'ship --help', 'ship validate, 50 steps', "a deploy's way to its first step"],
  step: ["bare spawn('sh', ['-c', 'true']) loop in Node", 'ship, strict journal', 'listr2'],
  journal: ['Node: writeSync, fdatasyncSync', 'ship FileAppender.append', 'ship Journal.append', 'ship Journal.append, 10 writers'],
  rollback: ['the longest chain of restores', 'ship, 3 components'],
  migrations: ['node empty.cjs', 'ship migrations check, 5 files', 'libpg-query alone', 'ship migrations check, 20 KB'],
  rss: ['node empty.cjs', 'ship --version', 'ship, 1 step', 'ship, 4 steps'],
};

const PEERS: Readonly<Record<string, readonly string[]>> = {
  start: ['make --version', 'just --version', 'terraform version', 'kubectl version --client', 'helm version', 'ansible --version'],
  step: ['make', 'just', 'ansible, command module (100 steps, scaled to 1000)'],
  migrations: ['squawk'],
  journal: ['C: write, fdatasync', 'better-sqlite3, WAL, FULL'],
};

test.each(Object.keys(OURS))('the %s benchmark tells a figure for each candidate of our own, and a row for each peer', async (group) => {
  const rows = (await smoke(group)).flatMap((table) => table.rows);
  const measured = rows.filter(({ median, rounds }) => Number.isFinite(median) && rounds === 1);
  expect(measured.map(({ candidate }) => candidate)).toEqual(expect.arrayContaining([...OURS[group]!]));
  expect(rows.map(({ candidate }) => candidate)).toEqual(expect.arrayContaining([...(PEERS[group] ?? [])]));
  for (const row of rows) expect(row.missing !== undefined || measured.includes(row), row.candidate).toBe(true);
});

test('an unknown group is refused', async () => {
  await expect(smoke('everything')).rejects.toThrow('usage: npm run bench');
});
