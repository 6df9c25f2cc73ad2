import type { ComponentConfig, Context, JsonSchema, Router } from '@ship/core';
import { Cluster, type PlaceOptions, placeOf, type Where } from '@ship/kube';
import { type Backend, demandCarried, isHealthy, type Shares, sharesFor, weightsOf } from './backends.js';

/** What a router works on. */
export interface RouterSite {
  readonly ctx: Context;
  readonly component: ComponentConfig;
  readonly cluster: Cluster;
}

/** What stands before the versions of a component, as it was read. */
export interface Front {
  readonly backends: readonly Backend[];
  /** Puts shares in force, unless somebody has changed it since it was read, and resolves when they were read back. */
  put(shares: Shares): Promise<void>;
}

/** A router of a cluster: `read` is all that one differs in from another. What is refused is refused before anything changes. */
export function kubeRouter(options: PlaceOptions, settings: JsonSchema, read: (site: RouterSite) => Promise<Front>): Router {
  const open = (ctx: Context, component: ComponentConfig) => {
    const where = placeOf(ctx, component.name, options, component.settings as Partial<Where>);
    return read({ ctx, component, cluster: new Cluster(ctx, where) });
  };
  return {
    settings,
    async weights(ctx, component) {
      return weightsOf((await open(ctx, component)).backends);
    },
    async shift(ctx, component, weights) {
      const { backends, put } = await open(ctx, component);
      const shares = sharesFor(component.name, backends, weights);
      demandCarried(component.name, backends, shares);
      await put(shares);
    },
    async healthy(ctx, component, version) {
      return isHealthy((await open(ctx, component)).backends, version);
    },
  };
}
