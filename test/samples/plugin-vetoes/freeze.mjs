export default {
  name: 'freeze',
  ship: '^1',
  options: { type: 'object', required: ['until'], properties: { until: { type: 'string' } }, additionalProperties: false },
  apply(ship, { until }) {
    ship.hooks.beforeStep.tap('freeze', (step) => (step.id === 'two' ? { veto: `frozen until ${until}` } : undefined));
    ship.hooks.onFailure.tapPromise('broken', async () => {
      throw new Error('the pager is down');
    });
  },
};
