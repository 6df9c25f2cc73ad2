import type { PlanReview } from '@ship/core';
import { errors } from './errors.js';

/** Refuses components whose front holds a port while another router is to have the traffic: one would switch, and nobody ask it. */
export function refuseTwoRouters({ plan, positionOf }: PlanReview): void {
  const found = Object.values(plan.config.components).flatMap(({ name, driver, router, settings }) => {
    if (driver !== 'release' || settings.port === undefined || router === undefined || router.name === 'front') return [];
    const details = { component: name, port: Number(settings.port), router: router.name };
    return [{ details, at: positionOf(['components', name, 'port']) }];
  });
  const [first] = found;
  if (first === undefined) return;
  const mistakes = found.map(({ details, at }) => errors.SHIP_RELEASE_TWO_ROUTERS(details, { at }));
  throw errors.SHIP_RELEASE_TWO_ROUTERS(first.details, { at: first.at, errors: mistakes });
}
