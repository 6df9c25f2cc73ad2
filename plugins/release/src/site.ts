import type { ComponentConfig, Context } from '@ship/core';
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

/** One component on this machine: where it stands, what the config says, and the context of the run. */
export interface Site {
  readonly ctx: Context;
  readonly name: string;
  readonly version: string;
  readonly layout: Layout;
  readonly settings: Settings;
  readonly reached: Observer;
}

/** Opens the site of a component. Touches nothing. */
export function siteOf(ctx: Context, component: ComponentConfig, reached: Observer = () => {}): Site {
  const settings = settingsOf(ctx, component);
  return { ctx, name: component.name, version: component.version, layout: layoutOf(settings.root), settings, reached };
}
