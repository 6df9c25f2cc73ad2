import type { Kernel } from '../kernel.js';
import type { Report } from '../types/index.js';

/** Ids of runs begin with their time. Whatever else lies there is none. */
const RUN = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3}Z)-[a-z0-9]+$/;

/** When a run began, in ISO 8601 UTC: its id says so. */
export const timeOf = (run: string): string => run.replace(RUN, '$1T$2:$3:$4');

/** Where the report of a run lives. */
export const reportKey = (environment: string, run: string): string => `runs/${environment}/${run}/report.json`;

/** The runs of an environment, newest first. */
export async function runIds({ store, config }: Kernel, environment = config.environment): Promise<string[]> {
  const keys = await store.list(`runs/${environment}/`);
  const names = keys.map((key) => key.split('/').at(-1)!);
  return names
    .filter((name) => RUN.test(name))
    .sort()
    .reverse();
}

/** The report of a run; undefined where there is none, or none that can be read. */
export async function readReport({ store, config }: Kernel, run: string): Promise<Report | undefined> {
  try {
    const stored = await store.get(reportKey(config.environment, run));
    const report = stored && (JSON.parse(stored.value.toString('utf8')) as Report);
    return report?.format === 1 && report.run === run ? report : undefined;
  } catch {
    return undefined;
  }
}
