import { definePlugin } from '@ship/core';
import { runAction, runCheck, runCondition } from './run.js';

/** Commands of your own: as steps with an undo, as checks, as conditions. */
export default definePlugin({
  name: 'shell',
  ship: '^1',
  apply(ship) {
    ship.action('run', runAction);
    ship.check('run', runCheck);
    ship.condition('run', runCondition);
  },
});
