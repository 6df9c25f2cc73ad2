import type { ComponentConfig, Context, JsonSchema, Router, Weights } from '@ship/core';
import { Cluster, type PlaceOptions, placeOf, type Where } from '@ship/kube';
import { type Backend, demandCarried, demandReady, isHealthy, type Shares, sharesFor, weightsOf } from './backends.js';

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

/** A router of a cluster. */
interface KubeRouter extends Router {
  /** As `shift`, to weights that were in force before, with the replicas of then. */
  putBack(ctx: Context, component: ComponentConfig, weights: Weights): Promise<void>;
}

/** Gives traffic back as it was, by whatever router stands before the component. */
export const putBack = (router: Router, ...asked: Parameters<KubeRouter['putBack']>): Promise<void> =>
  'putBack' in router ? (router as KubeRouter).putBack(...asked) : router.shift(...asked);

/** A router of a cluster: `read` is all that one differs in from another. What is refused is refused before anything changes. */
export function kubeRouter(options: PlaceOptions, settings: JsonSchema, read: (site: RouterSite) => Promise<Front>): KubeRouter {
  const open = (ctx: Context, component: ComponentConfig) => {
    const where = placeOf(ctx, component.name, options, component.settings as Partial<Where>);
    return read({ ctx, component, cluster: new Cluster(ctx, where) });
  };
  const move = async (ctx: Context, component: ComponentConfig, weights: Weights, demand: typeof demandCarried) => {
    const { backends, put } = await open(ctx, component);
    const shares = sharesFor(component.name, backends, weights);
    demand(component.name, backends, shares);
    await put(shares);
  };
  return {
    settings,
    async weights(ctx, component) {
      return weightsOf((await open(ctx, component)).backends);
    },
    shift: (ctx, component, weights) => move(ctx, component, weights, demandCarried),
    putBack: (ctx, component, weights) => move(ctx, component, weights, demandReady),
    async healthy(ctx, component, version) {
      return isHealthy((await open(ctx, component)).backends, version);
    },
  };
}
