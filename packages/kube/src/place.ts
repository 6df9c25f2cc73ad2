import { resolve } from 'node:path';
import type { Context, JsonSchema } from '@ship/core';
import { type Where, whereOf } from './cluster.js';

/** What the options of a plugin say for all of its components. */
export interface PlaceOptions extends Partial<Where> {
  /** What is different in one environment, by its name. */
  readonly environments?: Readonly<Record<string, Partial<Where>>>;
}

/**
 * Where a component lives: what it says itself, then what the options say for the environment, then what they say for all.
 * A kubeconfig is relative to the folder of the config. Throws SHIP_KUBE_WHERE, SHIP_KUBE_NAME.
 */
export function placeOf(
  { dir, environment }: Pick<Context, 'dir' | 'environment'>,
  name: string,
  { environments, ...shared }: PlaceOptions,
  written: Partial<Where>,
): Where {
  const { context, namespace, kubeconfig } = { ...shared, ...environments?.[environment], ...defined(written) };
  return whereOf(name, defined({ context, namespace, kubeconfig: kubeconfig === undefined ? undefined : resolve(dir, kubeconfig) }));
}

const defined = ({ context, namespace, kubeconfig }: { readonly [Key in keyof Where]?: string | undefined }): Partial<Where> => ({
  ...(context === undefined ? {} : { context }),
  ...(namespace === undefined ? {} : { namespace }),
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
});

const text = { type: 'string', minLength: 1 };

/** The fields of a place, as a schema has them. */
export const placeFields = {
  context: { ...text, description: 'The context of the kubeconfig. It must be named, here or in the options of the plugin.' },
  namespace: { ...text, description: 'The namespace. Default: `default`.' },
  kubeconfig: { ...text, description: 'The kubeconfig, relative to the folder of the config. Default: that of KUBECONFIG.' },
};

/** The schema of the options of a plugin whose components live in a cluster. */
export const placeOptionsSchema = (plugin: string): JsonSchema => ({
  $id: `ship:${plugin}/options`,
  type: 'object',
  additionalProperties: false,
  properties: {
    ...placeFields,
    environments: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: false, properties: placeFields },
      description: 'What is different in one environment, by its name.',
    },
  },
});
