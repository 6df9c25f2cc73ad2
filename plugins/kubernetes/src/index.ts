import { type ComponentConfig, type Context, definePlugin } from '@ship/core';
import { addEvidence, examineComponents, type PlaceOptions, refuseForbidden } from '@ship/kube';
import { kubectlDriver } from './driver/driver.js';
import { lookAt } from './driver/evidence.js';
import { intentOf } from './driver/permissions.js';
import { siteOf } from './driver/site.js';
import { httprouteRouter } from './routers/httproute.js';
import { rolloutRouter } from './routers/rollout.js';
import { serviceRouter } from './routers/service.js';
import { optionsSchema } from './settings.js';

export { errors } from './errors.js';

/** Workloads of Kubernetes with what belongs to them, through kubectl, and the way back to what they were. */
export default definePlugin<PlaceOptions>({
  name: 'kubernetes',
  ship: '^1',
  options: optionsSchema,
  apply(ship, options) {
    const { objects } = ship;
    const intent = (ctx: Context, component: ComponentConfig) => intentOf(siteOf(ctx, component, options, objects));
    ship.driver('kubectl', kubectlDriver(options, objects));
    ship.router('service', serviceRouter(options));
    ship.router('httproute', httprouteRouter(options));
    ship.router('rollout', rolloutRouter(options));
    ship.hooks.plan.tapPromise('permissions', (review, ctx) => refuseForbidden(review, 'kubectl', (component) => intent(ctx, component)));
    ship.examination('clusters', {
      examine: (ctx) => examineComponents(ctx.components, { driver: 'kubectl' }, (component) => intent(ctx, component)),
    });
    ship.hooks.onFailure.tapPromise('evidence', (failure, run, notice) =>
      addEvidence('kubectl', (...about) => lookAt(options, objects, ...about), failure, run, notice),
    );
  },
});
