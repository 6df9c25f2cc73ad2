import type { CapturedPart, ComponentConfig, Context, Json, JsonObject, Objects, SnapshotPart } from '@ship/core';
import { differencesOf, differenceText, type PlaceOptions } from '@ship/kube';
import { parse, stringify } from 'yaml';
import { siteOf } from './driver/site.js';
import { liveOf, readRelease, revisionsOf } from './release/storage.js';
import { valuesArgv } from './tool/argv.js';

/** What a snapshot says of the values: which releases stand in its file. */
type Value = {
  readonly format: 1;
  readonly releases: { readonly [component: string]: { readonly release: string; readonly revision: number } };
};

/** Of one release, as the file has it. */
type Values = { readonly [component: string]: Json };

/**
 * The values of all releases, in a file beside the snapshot: those that were given, and all that the chart was made with. They are
 * there to be read and compared; what brings a release back is with its component.
 */
export function valuesPart(options: PlaceOptions, objects: Objects, components: () => readonly ComponentConfig[]): SnapshotPart<Value> {
  const capture = async (ctx: Context): Promise<CapturedPart<Value> | undefined> => {
    const found = await Promise.all(components().map(async (each) => [each.name, await valuesOf(ctx, each, options, objects)] as const));
    const there = found.flatMap(([name, values]) => (values === undefined ? [] : [[name, values] as const]));
    if (there.length === 0) return undefined;
    const releases = Object.fromEntries(there.map(([name, { release, revision }]) => [name, { release, revision }]));
    return { value: { format: 1, releases }, files: { yaml: ctx.refer(stringify(Object.fromEntries(there))) } };
  };
  return {
    capture,
    // The driver puts the values back, with the release.
    restore: () => ({ changed: false, summary: 'the values go back with their releases' }),
    isLive: () => true,
    async compare(ctx, _value, files) {
      const then = parse((await files.read('yaml')).toString('utf8')) as Values;
      const now = parse((await capture(ctx))?.files?.yaml?.toString() ?? '{}') as Values;
      // Values may be secret.
      return differencesOf(now, then).map((each) => differenceText(each, each.kind === 'missing' ? then : now, true).replace(/^\./, ''));
    },
  };
}

async function valuesOf(ctx: Context, component: ComponentConfig, options: PlaceOptions, objects: Objects) {
  const { cluster, settings } = siteOf(ctx, component, options, objects);
  const { release, where } = settings;
  const live = liveOf(await revisionsOf(cluster, release));
  if (live === undefined) return undefined;
  const { chart, config = {} } = await readRelease(cluster, live);
  const { stdout } = await ctx.exec(valuesArgv(where, release, live.revision), { onOutput: null });
  const { name, version, appVersion = null } = chart.metadata;
  return {
    release,
    namespace: where.namespace,
    revision: live.revision,
    chart: { name, version, app_version: appVersion },
    values: config,
    computed: (JSON.parse(stdout) ?? {}) as JsonObject,
  };
}
