import fc from 'fast-check';
import { chance, type Draw, drawModel, modelText, pick } from './base.js';
import { drawStep } from './operations.js';
import type { Step } from './step.js';

/** A schema, and a migration of it. */
export interface Migrated {
  readonly base: string;
  readonly up: string;
  readonly down: string | undefined;
}

/** The down: as it should be, with one mistake, or as good as none. */
function downOf(draw: Draw, steps: readonly Step[]): string | undefined {
  const backwards = [...steps].reverse();
  const right = backwards.flatMap(({ down }) => down);
  const kind = draw(100);
  if (kind < 60) return right.join(';\n');
  if (kind >= 85) return pick(draw, [undefined, '', '-- nothing to do', 'SELECT 1']);
  const at = draw(steps.length);
  const mistakes = [
    backwards.flatMap(({ down, wrong = [] }, each) => (each === at ? wrong : down)),
    backwards.flatMap(({ down, wrong = [] }, each) => (each === at ? wrong : down)),
    right.filter((_, each) => each !== at),
    steps.flatMap(({ down }) => down),
    [...right, right[0]!],
  ];
  return pick(draw, mistakes).join(';\n');
}

/** Small schemas, and migrations of one to four steps. */
export const migrated: fc.Arbitrary<Migrated> = fc.gen().map((g) => {
  const draw: Draw = (limit) => g(fc.nat, { max: Math.max(0, limit - 1) });
  const model = drawModel(draw);
  const base = modelText(model);
  const steps = Array.from({ length: 1 + draw(chance(draw, 50) ? 1 : 4) }, (_, number) => drawStep(draw, model, number));
  return { base, up: steps.flatMap(({ up }) => up).join(';\n'), down: downOf(draw, steps) };
});
