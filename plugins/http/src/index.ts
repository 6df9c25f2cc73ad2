import { definePlugin } from '@ship/core';
import { httpCheck, tcpCheck } from './checks.js';

/** Whether something answers: the checks `http` and `tcp`. */
export default definePlugin({
  name: 'http',
  ship: '^1',
  apply(ship) {
    ship.check('http', httpCheck);
    ship.check('tcp', tcpCheck);
  },
});
