import { definePlugin } from '@ship/core';
import { releaseCommand } from './command/command.js';
import { releaseDriver } from './driver/driver.js';
import { missingFolders } from './findings.js';
import { refuseRouters } from './mistakes.js';
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
    ship.hooks.plan.tap('routers', refuseRouters);
    ship.hooks.plan.tap('folders', (review) => {
      for (const finding of missingFolders(review)) review.finding(finding);
    });
  },
});

export { errors } from './errors.js';
