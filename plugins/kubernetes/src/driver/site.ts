import type { ComponentConfig, Context, Json, Objects } from '@ship/core';
import { Cluster, type PlaceOptions } from '@ship/kube';
import { ownerLabel } from '../objects/marks.js';
import { type Settings, settingsOf } from '../settings.js';

/** What each function of the driver works on. */
export interface Site {
  readonly ctx: Context;
  readonly component: ComponentConfig;
  /** The name of the component. */
  readonly name: string;
  /** The version that the config asks for. */
  readonly version: string;
  /** What its objects have as the label `ship.component/name`. */
  readonly label: string;
  readonly settings: Settings;
  readonly cluster: Cluster;
  readonly objects: Objects;
}

/** What the driver needs to bring the objects back. Plain JSON, without anything that a Secret holds. */
export type KubectlState = {
  readonly context: string;
  readonly namespace: string;
  /** `manifests`, or the workload of the image form, such as `Deployment web`. */
  readonly form: string;
  /** Such as `Deployment web`. */
  readonly names: string[];
  /** The key of the objects themselves; absent where somebody only looks. */
  readonly kept?: string;
  /** By workload: what the controller calls this version of it. */
  readonly revisions: { readonly [workload: string]: string };
  /** By workload: how often its containers had been started anew. */
  readonly restarts: { readonly [workload: string]: number };
  /** By workload and container: what ran. */
  readonly digests: { readonly [container: string]: string[] };
  /** The shares of its versions, where a router stands before it. */
  readonly traffic?: { readonly [version: string]: number };
} & Json;

/** Opens a component. */
export function siteOf(ctx: Context, component: ComponentConfig, options: PlaceOptions, objects: Objects): Site {
  const settings = settingsOf(ctx, component, options);
  const { name, version } = component;
  const label = ownerLabel(ctx.project, ctx.environment, name);
  return { ctx, component, name, version, label, settings, objects, cluster: new Cluster(ctx, settings.where) };
}

/** `manifests`, or `Deployment web`. */
export const formName = ({ form }: Settings): string => (form.kind === 'manifests' ? 'manifests' : `${form.workload} ${form.name}`);
