import { type ComponentConfig, type Context, definePlugin } from '@ship/core';
import { type PlaceOptions, refuseForbidden } from '@ship/kube';
import { type Examined, helmExamination } from './doctor.js';
import { helmDriver } from './driver/driver.js';
import { intentOf } from './driver/permissions.js';
import { siteOf } from './driver/site.js';
import { optionsSchema } from './settings.js';

export { errors } from './errors.js';

/** Releases of Helm, with their values and revisions, and the way back to each. */
export default definePlugin<PlaceOptions>({
  name: 'helm',
  ship: '^1',
  options: optionsSchema,
  apply(ship, options) {
    const { objects } = ship;
    const examined: Examined = { options, objects, components: {} };
    const intent = (ctx: Context, component: ComponentConfig) => intentOf(siteOf(ctx, component, options, objects));
    ship.driver('helm', helmDriver(options, objects));
    ship.hooks.config.tap('releases', (config) => {
      examined.components = config.components;
      return config;
    });
    ship.hooks.plan.tapPromise('permissions', (review, ctx) => refuseForbidden(review, 'helm', (component) => intent(ctx, component)));
    ship.examination('releases', helmExamination(examined));
  },
});
