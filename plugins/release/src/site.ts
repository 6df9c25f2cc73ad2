import type { ComponentConfig, Context, Router } from '@ship/core';
import { type Layout, layoutOf } from './layout.js';
import { type Settings, settingsOf } from './settings.js';

/** The moments of a deployment, in order. Crash tests end the process at each. */
export const STAGES = [
  'copying',
  'copied',
  'intended',
  'spawned',
  'claimed',
  'healthy',
  'front-intended',
  'front-spawned',
  'front',
  'switched',
  'current',
  'drained',
  'stopped',
  'pruned',
] as const;

/** One moment of a deployment. */
type Stage = (typeof STAGES)[number];

/** Is told each moment as it is reached. */
export type Observer = (stage: Stage) => void;

/** A router, for one component. */
export interface BoundRouter {
  weights(): ReturnType<Router['weights']>;
  shift(weights: Parameters<Router['shift']>[2]): Promise<void>;
  /** Absent where the router cannot tell. */
  busy?(version: string): Promise<boolean>;
}

/** One component on this machine: where it stands, what the config says, and the context of the run. */
export interface Site {
  readonly ctx: Context;
  readonly name: string;
  readonly version: string;
  readonly layout: Layout;
  readonly settings: Settings;
  /** The router that takes the place of the front, bound to the component; undefined where the front holds the port, or nothing does. */
  readonly router: BoundRouter | undefined;
  readonly reached: Observer;
}

/** Opens the site of a component. Touches nothing. */
export function siteOf(ctx: Context, component: ComponentConfig, reached: Observer = () => {}): Site {
  const settings = settingsOf(ctx, component);
  const router = boundRouter(ctx, component);
  return { ctx, name: component.name, version: component.version, layout: layoutOf(settings.root), settings, router, reached };
}

function boundRouter(ctx: Context, component: ComponentConfig): BoundRouter | undefined {
  if (component.router === undefined || component.router.name === 'front') return undefined;
  const router = ctx.routerOf(component);
  if (router === undefined) return undefined;
  return {
    weights: () => router.weights(ctx, component),
    shift: (weights) => router.shift(ctx, component, weights),
    ...(router.busy ? { busy: (version: string) => router.busy!(ctx, component, version) } : {}),
  };
}
