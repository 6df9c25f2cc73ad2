import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ComponentConfig, definePlugin, type Finding, type PlanReview, type ShipError, type Step } from '@ship/core';
import { releaseCommand } from './command.js';
import { releaseDriver } from './driver/driver.js';
import { errors } from './errors.js';
import { examineReleases } from './examine.js';
import { frontRouter } from './router.js';

/** Releases of a service on this machine, behind a front that switches without a failed request. */
export default definePlugin({
  name: 'release',
  ship: '^1',
  options: { $id: 'ship:release/options', type: 'object', additionalProperties: false, properties: {} },
  apply(ship) {
    ship.driver('release', releaseDriver());
    ship.router('front', frontRouter);
    ship.command('release', releaseCommand);
    ship.examination('releases', { examine: examineReleases });
    ship.hooks.plan.tap('routers', refuseRouters);
    ship.hooks.plan.tap('folders', (review) => {
      for (const finding of missingFolders(review)) review.finding(finding);
    });
  },
});

export { errors } from './errors.js';

/** Folders to release that are not there. A step before the deploy may still make them; where none comes before it, nothing does. */
function missingFolders({ plan, positionOf }: PlanReview): Finding[] {
  return plan.steps.flatMap((step) => {
    const { component } = step;
    if (step.uses !== 'deploy' || component?.driver !== 'release') return [];
    const path = String(component.settings.path);
    if (statSync(resolve(plan.config.dir, path), { throwIfNoEntry: false })?.isDirectory()) return [];
    const message = `${component.name}: there is no folder ${path} to release${outlook(step)}`;
    const position = positionOf(['components', component.name, 'path']);
    return [{ level: step.needs.length === 0 ? 'warn' : 'info', rule: 'release-path', message, position } as const];
  });
}

const outlook = ({ id, needs }: Step): string =>
  needs.length === 0 ? `, and no step before ${id} could make it` : ` yet: a step before ${id} has to make it`;

/**
 * Refuses components whose front holds a port while another router is to have the traffic, since one would switch and nobody
 * ask it; and those whose router is to be the front although there is no port that it could hold.
 */
function refuseRouters({ plan, positionOf }: PlanReview): void {
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
