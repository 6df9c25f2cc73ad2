import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Values lie in a file that nobody else can read: command lines can be read by everybody on the machine. JSON is YAML. */
export async function withValues<T>(values: object, work: (files: readonly string[]) => Promise<T>): Promise<T> {
  if (Object.keys(values).length === 0) return work([]);
  const folder = mkdtempSync(join(tmpdir(), 'ship-helm-'));
  try {
    const file = join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
    return await work([file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
