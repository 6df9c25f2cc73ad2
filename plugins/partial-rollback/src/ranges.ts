import type { PlanReview } from '@ship/core';
import { isRange } from './versions.js';

/** Refuses a plan with a `compatible_with` that is no range of versions. */
export async function checkRanges({ plan, finding, positionOf }: PlanReview): Promise<void> {
  for (const { name, compatible_with } of Object.values(plan.config.components)) {
    for (const [other, range] of Object.entries(compatible_with)) {
      if (await isRange(range)) continue;
      const message = `component ${name}: compatible_with.${other}: ${JSON.stringify(range)} is no range of versions, such as ">=1.2 <3" or "^2.1"`;
      finding({ level: 'block', rule: 'compatible-with', message, position: positionOf(['components', name, 'compatible_with', other]) });
    }
  }
}
