import type { ComponentConfig, Context, Json, Objects } from '@ship/core';
import { Cluster, type PlaceOptions } from '@ship/kube';
import { type Settings, settingsOf } from '../settings.js';

/** What each function of the driver works on. */
export interface Site {
  readonly ctx: Context;
  /** The name of the component. */
  readonly name: string;
  /** The version that the config asks for. */
  readonly version: string;
  readonly settings: Settings;
  readonly cluster: Cluster;
  readonly objects: Objects;
}

/** What the driver needs to bring a release back. Plain JSON. */
export type ReleaseState = {
  readonly release: string;
  readonly namespace: string;
  readonly context: string;
  readonly revision: number;
  readonly chart: string;
  readonly chart_version: string;
  /** Such as `Deployment web`. */
  readonly names: string[];
  /** The key of the whole revision, and of the objects as they were; absent where somebody only looks. */
  readonly kept?: string;
  /** By workload, such as `Deployment web`: how often its containers had been started anew. */
  readonly restarts: { readonly [workload: string]: number };
  /** By workload and container: what ran. */
  readonly digests: { readonly [container: string]: string[] };
} & Json;

/** By this name Helm sets fields. */
export const HELM = ['helm'] as const;

/** Opens a component. */
export function siteOf(ctx: Context, component: ComponentConfig, options: PlaceOptions, objects: Objects): Site {
  const settings = settingsOf(ctx, component, options);
  const { name, version } = component;
  return { ctx, name, version, settings, objects, cluster: new Cluster(ctx, settings.where) };
}
