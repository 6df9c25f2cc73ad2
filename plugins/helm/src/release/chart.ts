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
    // What it depended on is in the manifest.
    const { dependencies: _, ...metadata } = chart.metadata;
    mkdirSync(join(folder, 'templates'));
    const write = (file: string, content: string) => writeFileSync(join(folder, file), content, { mode: 0o600 });
    write('Chart.yaml', JSON.stringify({ ...metadata, apiVersion: 'v2' }));
    write('values.yaml', JSON.stringify(chart.values ?? {}));
    write('manifest.yaml', manifest);
    write('templates/all.yaml', '{{ .Files.Get "manifest.yaml" }}\n');
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
