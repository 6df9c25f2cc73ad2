import { definePlugin } from '@ship/core';
import type { PlaceOptions } from '@ship/kube';
import { helmDriver } from './driver/driver.js';
import { optionsSchema } from './settings.js';

export { errors } from './errors.js';

/** Releases of Helm, with their values and revisions, and the way back to each. */
export default definePlugin<PlaceOptions>({
  name: 'helm',
  ship: '^1',
  options: optionsSchema,
  apply(ship, options) {
    ship.driver('helm', helmDriver(options, ship.objects));
  },
});
