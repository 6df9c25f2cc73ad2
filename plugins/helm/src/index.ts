import { type ComponentConfig, type Context, definePlugin } from '@ship/core';
import { addEvidence, type PlaceOptions, refuseForbidden } from '@ship/kube';
import { helmExamination } from './doctor.js';
import { helmDriver } from './driver/driver.js';
import { lookAt } from './driver/evidence.js';
import { intentOf } from './driver/permissions.js';
import { siteOf } from './driver/site.js';
import { optionsSchema } from './settings.js';
import { valuesPart } from './values-part.js';

export { errors } from './errors.js';

/** Releases of Helm, with their values and revisions, and the way back to each. */
export default definePlugin<PlaceOptions>({
  name: 'helm',
  ship: '^1',
  options: optionsSchema,
  apply(ship, options) {
    const { objects } = ship;
    ship.driver('helm', helmDriver(options, objects));
    ship.hooks.onFailure.tapPromise('evidence', (failure, run, notice) =>
      addEvidence('helm', (...about) => lookAt(options, objects, ...about), failure, run, notice),
    );
    let components: readonly ComponentConfig[] = [];
    ship.hooks.config.tap('components', (config) => {
      components = Object.values(config.components).filter(({ driver }) => driver === 'helm');
      return config;
    });
    const intent = (ctx: Context, component: ComponentConfig) => intentOf(siteOf(ctx, component, options, objects));
    ship.hooks.plan.tapPromise('permissions', (review, ctx) => refuseForbidden(review, 'helm', (component) => intent(ctx, component)));
    ship.examination('releases', helmExamination({ options, objects, components: () => components }));
    ship.part(
      'helm',
      valuesPart(options, objects, () => components),
    );
  },
});
