import type { Condition } from '@ship/core';
import { matches } from './glob.js';

/** `when: { branch: main }`, or a list, or patterns such as `release/*`. Does not hold where the branch is unknown. */
export const branchCondition: Condition = {
  input: {
    $id: 'ship:git/branch',
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
    ],
  },
  holds: ({ facts }, argument) => facts.branch !== undefined && matches(facts.branch, [argument].flat().map(String)),
};

/** `when: { dirty: false }`: is there something that is not committed? */
export const dirtyCondition: Condition = {
  input: { $id: 'ship:git/dirty', type: 'boolean' },
  async holds(ctx, argument) {
    const { changedFiles } = await import('./changes.js');
    return (ctx.facts.dirty ?? String((await changedFiles(ctx)).length > 0)) === String(argument);
  },
};
