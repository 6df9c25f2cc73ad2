import { definePlugin } from '@ship/core';
import { applyAction } from './actions/apply.js';
import { outputAction } from './actions/output.js';
import { AppliedRecords } from './applied.js';
import { checkPlan } from './checks.js';
import { terraformExamination } from './doctor.js';
import { terraformPart } from './part.js';
import { type Options, optionsSchema } from './stack.js';

export { errors } from './errors.js';

/** Infrastructure that is rolled back with the code: the configuration before is applied again, after its plan was judged. */
export default definePlugin<Options>({
  name: 'terraform',
  ship: '^1',
  options: optionsSchema,
  apply(ship, options) {
    const parts = { options, objects: ship.objects, records: new AppliedRecords(ship.state) };
    ship.action('apply', applyAction(parts, { destroy: false }));
    ship.action('destroy', applyAction(parts, { destroy: true }));
    ship.action('output', outputAction(parts));
    ship.part('terraform', terraformPart(parts));
    ship.examination('stacks', terraformExamination(options));
    ship.hooks.plan.tapPromise('configurations', (review, ctx) => checkPlan(review, ctx, options));
  },
});
