import { type ComponentConfig, definePlugin } from '@ship/core';
import { addEvidence, type PlaceOptions } from '@ship/kube';
import { helmDriver } from './driver/driver.js';
import { lookAt } from './driver/evidence.js';
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
    ship.part(
      'helm',
      valuesPart(options, objects, () => components),
    );
  },
});
