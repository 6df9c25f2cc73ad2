import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { documentOf } from './support/report.js';
import { ROOT, ship, temporaryFolder } from './support/ship.js';

const SAMPLES = join(import.meta.dirname, 'samples');

/** Plugins that several samples use: those of the examples. */
const PLUGINS = ['examples/resources/folders.mjs'];

const VARIABLE = /^(run|started_at|duration_ms|docs|target_snapshot|timestamp|timing)$/;

/** What differs from run to run and from machine to machine is taken out. */
function normalise(value: unknown, folder: string): unknown {
  if (typeof value === 'string') return value.replaceAll(folder, '<folder>').replace(/snapshot-\d{4}-\S+/g, 'snapshot-<id>');
  if (Array.isArray(value)) return value.map((item) => normalise(item, folder));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !VARIABLE.test(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, normalise(item, folder)]));
}

/** Parts of a report in which nothing happened are not written down. */
const telling = (report: object) =>
  Object.fromEntries(
    Object.entries(report).filter(([, part]) => JSON.stringify(part) !== '[]' && JSON.stringify(part) !== '{}' && part !== null),
  );

const read = (sample: string, name: string) =>
  existsSync(join(SAMPLES, sample, name)) ? JSON.parse(readFileSync(join(SAMPLES, sample, name), 'utf8')) : undefined;

it.each(readdirSync(SAMPLES))('given the sample %s, when ship runs, then its report is the expected one', async (sample) => {
  const folder = temporaryFolder();
  for (const plugin of PLUGINS) cpSync(join(ROOT, plugin), join(folder, basename(plugin)));
  cpSync(join(SAMPLES, sample), folder, { recursive: true });
  const report = documentOf(await ship([...(read(sample, 'args.json') ?? []), '--json'], { cwd: folder }));
  const { command: _, ...told } = normalise(telling({ ...report, resources: telling(report.resources) }), folder) as Record<
    string,
    unknown
  >;
  // SHIP_TEST_UPDATE=1 writes what is; read the difference before it is kept.
  if (process.env.SHIP_TEST_UPDATE === '1') writeFileSync(join(SAMPLES, sample, 'expected.json'), `${JSON.stringify(told, null, 2)}\n`);
  expect(told).toEqual(read(sample, 'expected.json'));
});
