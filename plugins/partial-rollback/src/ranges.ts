import type { PlanReview } from '@ship/core';
import { isRange } from './versions.js';

/** Refuses a plan with a `compatible_with` that is no range of versions. Answers at once where there is none, as in most configs. */
export function checkRanges(review: PlanReview): Promise<void> | undefined {
  const ranges = Object.values(review.plan.config.components).flatMap(({ name, compatible_with }) =>
    Object.entries(compatible_with).map(([other, range]) => ({ name, other, range })),
  );
  return ranges.length === 0 ? undefined : refuseOthers(ranges, review);
}

async function refuseOthers(
  ranges: readonly { readonly name: string; readonly other: string; readonly range: string }[],
  { finding, positionOf }: PlanReview,
): Promise<void> {
  for (const { name, other, range } of ranges) {
    if (await isRange(range)) continue;
    const message = `component ${name}: compatible_with.${other}: ${JSON.stringify(range)} is no range of versions, such as ">=1.2 <3" or "^2.1"`;
    finding({ level: 'block', rule: 'compatible-with', message, position: positionOf(['components', name, 'compatible_with', other]) });
  }
}
