export default {
  name: 'judge',
  ship: '^1',
  apply(ship) {
    ship.hooks.beforeStep.tap('skip', (step) => (step.id === 'skipped' ? { skip: 'done by hand' } : undefined));
    ship.hooks.decide.tap('always', (decision) => ({
      ...decision,
      action: 'rollback',
      trigger: 'automatic',
      scope: 'full',
      via: 'restore',
      options: [],
      reasons: ['the judge says so'],
    }));
  },
};
