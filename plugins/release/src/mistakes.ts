import type { ComponentConfig, PlanReview, ShipError } from '@ship/core';
import { errors } from './errors.js';

/**
 * Refuses components whose front holds a port while another router is to have the traffic, since one would switch and nobody
 * ask it; and those whose router is to be the front although there is no port that it could hold.
 */
export function refuseRouters({ plan, positionOf }: PlanReview): void {
  const mistakes = Object.values(plan.config.components).flatMap((component) => mistakeOf(component, positionOf) ?? []);
  const [first] = mistakes;
  if (first === undefined) return;
  throw mistakes.length === 1 ? first : errors.SHIP_RELEASE_ROUTERS({ count: mistakes.length }, { errors: mistakes });
}

function mistakeOf({ name, driver, router, settings }: ComponentConfig, positionOf: PlanReview['positionOf']): ShipError | undefined {
  if (driver !== 'release' || router === undefined) return undefined;
  const at = (field: string) => ({ at: positionOf(['components', name, field]) });
  const { port } = settings;
  if (router.name === 'front') return port === undefined ? errors.SHIP_RELEASE_FRONT_PORT({ component: name }, at('router')) : undefined;
  if (port === undefined) return undefined;
  return errors.SHIP_RELEASE_TWO_ROUTERS({ component: name, port: Number(port), router: router.name }, at('port'));
}
