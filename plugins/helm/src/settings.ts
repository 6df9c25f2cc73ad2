import { resolve } from 'node:path';
import { type ComponentConfig, type Context, durationSchema, type JsonObject, type JsonSchema, parseDuration } from '@ship/core';
import { checkedName, type PlaceOptions, placeFields, placeOf, placeOptionsSchema, type Where } from '@ship/kube';

/** The component's own fields, complete. */
export interface Settings {
  readonly where: Where;
  /** The name of the release. */
  readonly release: string;
  /** A folder, an archive, `oci://…`, or a name in `repo`. */
  readonly chart: string;
  readonly repo?: string;
  readonly chartVersion?: string;
  /** Files of values, absolute, the last wins. */
  readonly values: readonly string[];
  /** Values that are laid over all files. */
  readonly set: JsonObject;
  readonly createNamespace: boolean;
  readonly timeoutMs: number;
}

interface Written extends Partial<Where> {
  chart: string;
  repo?: string;
  chart_version?: string;
  release?: string;
  values?: string[];
  set?: JsonObject;
  create_namespace?: boolean;
  timeout?: string;
}

/** Reads the fields of a component; the schema has checked them. Relative paths start at the folder of the config. Throws SHIP_KUBE_WHERE, SHIP_KUBE_NAME. */
export function settingsOf(
  ctx: Pick<Context, 'dir' | 'environment'>,
  { name, settings }: Pick<ComponentConfig, 'name' | 'settings'>,
  options: PlaceOptions,
): Settings {
  const written = settings as unknown as Written;
  const { dir } = ctx;
  const isFile = /^\.{0,2}\//.test(written.chart);
  return {
    where: placeOf(ctx, name, options, written),
    release: checkedName('release', written.release ?? name),
    chart: isFile ? resolve(dir, written.chart) : written.chart,
    ...(written.repo === undefined ? {} : { repo: written.repo }),
    ...(written.chart_version === undefined ? {} : { chartVersion: written.chart_version }),
    values: (written.values ?? []).map((file) => resolve(dir, file)),
    set: written.set ?? {},
    createNamespace: written.create_namespace ?? false,
    // The schema has seen that it is a duration.
    timeoutMs: parseDuration(written.timeout ?? '5m')!,
  };
}

const text = { type: 'string', minLength: 1 };

/** Schema of the component's own fields. */
export const settingsSchema: JsonSchema = {
  $id: 'ship:helm/component',
  type: 'object',
  required: ['chart'],
  additionalProperties: false,
  properties: {
    ...placeFields,
    chart: { ...text, description: 'A folder (`./chart`), an archive, `oci://…`, or the name of a chart in `repo`.' },
    repo: { ...text, description: 'The address of the repository that has the chart.' },
    chart_version: { ...text, description: 'The version of the chart, where it is not a folder.' },
    release: { ...text, description: 'The name of the release. Default: the name of the component.' },
    values: { type: 'array', items: text, description: 'Files of values, relative to the folder of the config; the last wins.' },
    set: { type: 'object', description: 'Values over those of the files, such as `{ image: { tag: "${VERSION}" } }`.' },
    create_namespace: { type: 'boolean', description: 'Make the namespace where it is missing. Default: false.' },
    timeout: { ...durationSchema('5m'), description: 'How long it may take until all of it is ready. Default: 5m.' },
  },
};

/** Schema of the plugin's options. */
export const optionsSchema: JsonSchema = placeOptionsSchema('helm');
