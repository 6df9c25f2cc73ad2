import { mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILE_SYSTEMS = { 61267: 'ext4', 16914836: 'tmpfs', 1481003842: 'xfs', 2435016766: 'btrfs', 2035054128: 'overlay' };

let root;
let count = 0;

/** Where the benchmarks work. The journal is measured there, so it should be a disk: SHIP_BENCH_DIR names another. */
const base = () => realpathSync(process.env.SHIP_BENCH_DIR ?? tmpdir());

function rootFolder() {
  if (root === undefined) {
    root = mkdtempSync(join(base(), 'ship-bench-'));
    process.once('exit', removeFolders);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  }
  return root;
}

/** A folder that nobody has used. None is removed before the end: ext4 makes files slowly right after a mass delete. */
export function freshFolder() {
  count += 1;
  const folder = join(rootFolder(), String(count));
  mkdirSync(folder);
  return folder;
}

function removeFolders() {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
  root = undefined;
}

/** The file system that is measured. */
export function fileSystem() {
  const { type } = statfsSync(base());
  return FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`;
}
