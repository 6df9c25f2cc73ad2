import { setTimeout as pause } from 'node:timers/promises';
import type { ComponentState, Router, Weights } from '@ship/core';
import type { KubeObject } from '@ship/kube';
import { errors } from '../errors.js';
import { VERSION } from '../objects/marks.js';
import { putBack } from '../routers/router.js';
import type { KubectlState, Site } from './site.js';

/** The shares in force; undefined where no router stands before the component. */
export async function trafficOf({ ctx, component }: Site): Promise<Weights | undefined> {
  return ctx.routerOf(component)?.weights(ctx, component);
}

/** Is the version that has the traffic well? True where no router stands there. */
export const isServed = async ({ ctx, component }: Site, routed: string | undefined): Promise<boolean> =>
  routed === undefined || (await ctx.routerOf(component)!.healthy(ctx, component, routed));

/** The version with most of the traffic. */
export const heaviest = (weights: Weights): string | undefined => {
  const [most] = Object.entries(weights)
    .filter(([, share]) => share > 0)
    .sort(([, one], [, other]) => other - one);
  return most?.[0];
};

/** Is something of the version that the traffic comes from? It stands by for the way back, and is not pruned. */
export const isStandby = ({ version, component, ctx }: Site, object: KubeObject, live: string | undefined): boolean =>
  ctx.routerOf(component) !== undefined && live !== undefined && live !== version && object.metadata.annotations?.[VERSION] === live;

/**
 * Gives the traffic to the version that was deployed, in the steps of `canary` where there are any. Whatever fails on the way
 * puts every weight back as it was, and throws.
 */
export async function giveTraffic(site: Site): Promise<void> {
  const { ctx, component, version, settings, name } = site;
  const router = ctx.routerOf(component);
  if (router === undefined) return;
  const before = await router.weights(ctx, component);
  if (before[version] === 100) return;
  const from = heaviest({ ...before, [version]: 0 });
  try {
    for (const share of from === undefined ? [] : settings.canary.steps.filter((each) => each > (before[version] ?? 0))) {
      await router.shift(ctx, component, { [version]: share, [from!]: 100 - share });
      ctx.log.info(`${name}: ${version} has ${share} % of the traffic`);
      await stayHealthy(site, router, share);
    }
    await router.shift(ctx, component, { [version]: 100 });
    ctx.log.info(`${name}: ${version} has all of the traffic`);
  } catch (error) {
    await restoreWeights(site, router, before).catch((second: Error) =>
      ctx.log.warn(`${name}: the weights are not back: ${second.message}`),
    );
    throw error;
  }
}

/** A refused shift has changed nothing, and what has not changed need not go back. */
async function restoreWeights({ ctx, component }: Site, router: Router, before: Weights): Promise<void> {
  if (!isSame(await router.weights(ctx, component), before)) await putBack(router, ctx, component, before);
}

const POLL_MS = 1_000;

/** Waits as long as a step lasts, and no longer than the version is healthy. Throws SHIP_KUBECTL_CANARY. */
async function stayHealthy({ ctx, component, version, settings, name }: Site, router: Router, share: number): Promise<void> {
  const until = Date.now() + settings.canary.pauseMs;
  for (;;) {
    if (!(await router.healthy(ctx, component, version))) throw errors.SHIP_KUBECTL_CANARY({ component: name, version, share });
    if (Date.now() >= until) return;
    await pause(Math.min(POLL_MS, Math.max(1, until - Date.now())), undefined, { signal: ctx.signal });
  }
}

const isSame = (one: Weights, other: Weights): boolean =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every((version) => (one[version] ?? 0) === (other[version] ?? 0));

/** Does the traffic go elsewhere than it went then? In words; nothing where it does not, or no router stood there. */
export async function trafficLeft(site: Site, { driver }: ComponentState<KubectlState>): Promise<string[]> {
  if (driver.traffic === undefined) return [];
  const now = await trafficOf(site);
  if (now === undefined || isSame(now, driver.traffic)) return [];
  return [`the traffic is ${JSON.stringify(now)}, and was ${JSON.stringify(driver.traffic)}`];
}

/** Gives the traffic back to the versions that had it, now that they are ready. */
export async function restoreTraffic(site: Site, state: ComponentState<KubectlState>): Promise<void> {
  const { ctx, component } = site;
  if ((await trafficLeft(site, state)).length > 0) await putBack(ctx.routerOf(component)!, ctx, component, state.driver.traffic!);
}
