import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Release } from './storage.js';

/**
 * Writes a chart that makes exactly what a revision had made, and takes it away again. What Helm keeps of the chart itself lacks
 * the charts that it depends on, and may give other random values; the manifest is what was there. JSON is YAML.
 */
export async function writeChart<T>({ chart, manifest }: Release, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ship-chart-'));
  try {
    const { name, version, appVersion } = chart.metadata;
    mkdirSync(join(folder, 'templates'));
    const write = (file: string, content: string) => writeFileSync(join(folder, file), content, { mode: 0o600 });
    write('Chart.yaml', JSON.stringify({ apiVersion: 'v2', name, version, ...(appVersion === undefined ? {} : { appVersion }) }));
    write('manifest.yaml', manifest);
    write('templates/all.yaml', '{{ .Files.Get "manifest.yaml" }}\n');
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The objects of a manifest, whatever files they are of and in whatever order. */
export const objectsOf = (manifest: string): string[] =>
  manifest
    .split(/^---[ \t]*$/m)
    .map((each) => each.replace(/^# Source: .*$/gm, '').trim())
    .filter((each) => each !== '')
    .sort();
