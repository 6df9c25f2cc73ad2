import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';

/** A chart, with one of the files of values that it is tested with. */
export interface ChartCase {
  readonly name: string;
  readonly chart: string;
  /** Undefined: what the chart has by itself. */
  readonly values: string | undefined;
}

interface Dependency {
  readonly name: string;
}

/** All charts of a folder with all of their `ci/*-values.yaml`; the first of each chart come first, so that a limit of time leaves none out. */
export function chartCases(folder: string): ChartCase[] {
  const cases = readdirSync(folder).flatMap((chart) => {
    const ci = join(folder, chart, 'ci');
    const files = existsSync(ci) ? readdirSync(ci).filter((each) => /values.*\.ya?ml$/.test(each)) : [];
    const values = files.length === 0 ? [undefined] : files.sort();
    return values.map((file, at) => ({
      at,
      name: file === undefined ? chart : `${chart} ${file}`,
      chart: join(folder, chart),
      values: file === undefined ? undefined : join(ci, file),
    }));
  });
  return cases.sort((one, other) => one.at - other.at);
}

/**
 * Copies a chart, with the charts that it depends on where these lie beside it. Answers the name of one that does not. That it
 * asks for a newer Kubernetes is taken out: whether the cluster takes its objects is seen.
 */
export function copyChart(from: string, to: string): string | undefined {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const text = readFileSync(join(from, 'Chart.yaml'), 'utf8');
  writeFileSync(join(to, 'Chart.yaml'), text.replace(/^kubeVersion:.*$/m, ''));
  const { dependencies = [] } = parse(text) as { dependencies?: Dependency[] };
  for (const { name } of dependencies) {
    const inside = join(to, 'charts', name);
    if (existsSync(inside)) continue;
    const beside = join(from, '..', name);
    if (!existsSync(beside)) return name;
    mkdirSync(join(to, 'charts'), { recursive: true });
    const missing = copyChart(beside, inside);
    if (missing !== undefined) return `${basename(beside)}/${missing}`;
  }
  return undefined;
}

/** Changes of one value that charts know, the likeliest first. */
export const oneValue = (release: string): Record<string, unknown>[] => [
  { podAnnotations: { changed: 'yes' } },
  { image: { tag: 'next' } },
  { replicaCount: 2 },
  { podLabels: { changed: 'yes' } },
  { customLabels: { changed: 'yes' } },
  { commonLabels: { changed: 'yes' } },
  { server: { podAnnotations: { changed: 'yes' } } },
  { fullnameOverride: `${release}-renamed` },
];
