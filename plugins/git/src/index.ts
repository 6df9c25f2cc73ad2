import { definePlugin } from '@ship/core';
import { branchCondition, dirtyCondition } from './conditions.js';
import type { GitOptions } from './run.js';

/** What is deployed, as git knows it: facts, conditions, and a veto on the wrong branch or a dirty tree. */
export default definePlugin<GitOptions>({
  name: 'git',
  ship: '^1',
  options: {
    $id: 'ship:git/options',
    type: 'object',
    additionalProperties: false,
    properties: {
      require_clean: { type: 'boolean', description: 'Refuse to run while something is not committed.' },
      allowed_branches: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', minLength: 1 },
        description: 'Refuse to run from any other branch; `*` stands for anything.',
      },
    },
  },
  apply(ship, options) {
    ship.condition('branch', branchCondition);
    ship.condition('dirty', dirtyCondition);
    ship.hooks.beforeRun.tapPromise('git', async (run) => {
      const { openRun } = await import('./run.js');
      await openRun(run, options);
    });
  },
});
