import type { ComponentConfig } from './config.js';
import type { Context } from './contracts.js';
import type { JsonSchema } from './json.js';

/** A version of a component that runs, and where it listens. */
export interface Target {
  /** Its version. */
  readonly version: string;
  /** An address or a name. */
  readonly host: string;
  /** From 1. */
  readonly port: number;
}

/** What runs of a component, the oldest first, each by a key that no other has, such as the id of a release. */
export type Targets = Readonly<Record<string, Target>>;

/** Share of traffic by version, in percent; the shares add up to 100. */
export type Weights = Readonly<Record<string, number>>;

/** How traffic is weighed between versions of one component. A version may also be named by its key in {@link Targets}. */
export interface Router {
  /** Schema of what the component says about the router. */
  readonly settings?: JsonSchema;
  /** The shares in force now. */
  weights(ctx: Context, component: ComponentConfig): Promise<Weights>;
  /** Resolves when the new weights are in force, read back from the router. */
  shift(ctx: Context, component: ComponentConfig, weights: Weights): Promise<void>;
  /** Are requests under way on a version? Who waits for them to end asks again. Absent where nobody can tell. */
  busy?(ctx: Context, component: ComponentConfig, version: string): Promise<boolean>;
  /** Whether a version could be given traffic. */
  healthy(ctx: Context, component: ComponentConfig, version: string): Promise<boolean>;
}
