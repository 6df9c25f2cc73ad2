import { resolve } from 'node:path';
import { type ComponentConfig, type Context, durationSchema, type JsonSchema, parseDuration } from '@ship/core';
import { checkedName, type PlaceOptions, placeFields, placeOf, placeOptionsSchema, type Where } from '@ship/kube';

/** All objects of a folder, a file or a kustomization, or the image of one workload that is there. */
export type Form =
  | { readonly kind: 'manifests' /** Absolute. */; readonly path: string; readonly prune: boolean }
  | {
      readonly kind: 'image';
      /** As the API has it, such as `Deployment`. */
      readonly workload: (typeof FORMS)[keyof typeof FORMS];
      readonly name: string;
      readonly image: string;
      readonly container?: string;
    };

const FORMS = { deployment: 'Deployment', statefulset: 'StatefulSet', daemonset: 'DaemonSet' } as const;

/** The component's own fields, complete. */
export interface Settings {
  readonly where: Where;
  readonly form: Form;
  readonly timeoutMs: number;
}

type Written = Partial<Where> & {
  readonly [Kind in keyof typeof FORMS]?: string;
} & {
  readonly manifests?: string;
  readonly image?: string;
  readonly container?: string;
  readonly timeout?: string;
  readonly prune?: boolean;
};

/** Reads the fields of a component; the schema has checked them. Throws SHIP_KUBE_WHERE, SHIP_KUBE_NAME. */
export function settingsOf(
  ctx: Pick<Context, 'dir' | 'environment'>,
  { name, settings }: Pick<ComponentConfig, 'name' | 'settings'>,
  options: PlaceOptions,
): Settings {
  const written = settings as unknown as Written;
  return {
    where: placeOf(ctx, name, options, written),
    form: formOf(ctx.dir, written),
    // The schema has seen that it is a duration.
    timeoutMs: parseDuration(written.timeout ?? '5m')!,
  };
}

function formOf(dir: string, written: Written): Form {
  if (written.manifests !== undefined) return { kind: 'manifests', path: resolve(dir, written.manifests), prune: written.prune ?? true };
  const kind = (Object.keys(FORMS) as (keyof typeof FORMS)[]).find((each) => written[each] !== undefined)!;
  return {
    kind: 'image',
    workload: FORMS[kind],
    name: checkedName(kind, written[kind]!),
    image: written.image!,
    ...(written.container === undefined ? {} : { container: checkedName('container', written.container) }),
  };
}

const text = { type: 'string', minLength: 1 };
const image = { ...text, pattern: '^[A-Za-z0-9][^\\s]*$', title: 'the name of an image', examples: ['registry.example/shop:1.2.0'] };

/** Schema of the component's own fields. */
export const settingsSchema: JsonSchema = {
  $id: 'ship:kubectl/component',
  type: 'object',
  additionalProperties: false,
  properties: {
    ...placeFields,
    manifests: { ...text, description: 'A file, a folder of YAML, or a kustomization, relative to the folder of the config.' },
    prune: {
      type: 'boolean',
      description: 'Delete what an earlier version of the component has made and this one has no more. Default: true.',
    },
    deployment: { ...text, description: 'In place of `manifests`: the Deployment that gets the image.' },
    statefulset: { ...text, description: 'In place of `manifests`: the StatefulSet that gets the image.' },
    daemonset: { ...text, description: 'In place of `manifests`: the DaemonSet that gets the image.' },
    image: { ...image, description: 'The image of that workload.' },
    container: { ...text, description: 'Which container gets it, where the workload has several.' },
    timeout: { ...durationSchema('5m'), description: 'How long it may take until all of it is ready. Default: 5m.' },
  },
  oneOf: [
    { required: ['manifests'], not: { anyOf: ['image', 'container', ...Object.keys(FORMS)].map((key) => ({ required: [key] })) } },
    ...Object.keys(FORMS).map((kind) => ({
      required: [kind, 'image'],
      not: { anyOf: [{ required: ['prune'] }, { required: ['manifests'] }] },
    })),
  ],
};

/** Schema of the plugin's options. */
export const optionsSchema: JsonSchema = placeOptionsSchema('kubernetes');
