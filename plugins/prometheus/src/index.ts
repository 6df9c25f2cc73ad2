import { definePlugin } from '@ship/core';
import { metricCheck } from './check.js';

/** Numbers from Prometheus, as checks: how many requests fail, and how long they take. */
export default definePlugin({
  name: 'prometheus',
  ship: '^1',
  apply(ship) {
    ship.check('error_rate', metricCheck('error_rate', 'error_rate_spike'));
    ship.check('latency', metricCheck('latency', 'latency_degradation'));
  },
});
