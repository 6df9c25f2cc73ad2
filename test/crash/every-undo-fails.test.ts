import { describe, expect, it } from 'vitest';
import { actions, fail, rollingBack, steps } from '../../packages/core/test/help.js';
import { figuresOf } from './figures.js';

const figures = figuresOf('Each step that fails with each undo that fails', { pairs: 0, skippedUndos: 0, unnamedResources: 0 });

const STEPS = ['a', 'b', 'c', 'd'];
const pairs = STEPS.flatMap((failing, index) => STEPS.slice(0, index + 1).map((stuck) => [failing, stuck] as const));

describe('each step that fails with each undo that fails', () => {
  it.each(pairs)(
    'given a failure of %s and of the undo of %s, when the run is taken back, then each undo is tried, newest first, 4, and what is left is named',
    async (failing, stuck) => {
      const log: string[] = [];
      const { run } = await rollingBack({
        plugins: [
          actions({
            step: {
              async run(ctx) {
                await ctx.created({ type: 'folder', id: `of-${ctx.step.id}`, provenance: 'created' });
                if (ctx.step.id === failing) fail();
                return null;
              },
              restore(ctx) {
                log.push(ctx.step.id);
                if (ctx.step.id === stuck) fail();
              },
              remedy: () => 'rm it',
            },
          }),
        ],
        config: steps(...STEPS.map((id) => `id: ${id}, uses: t/step`)),
      });
      const report = await run();
      const acted = STEPS.slice(0, STEPS.indexOf(failing) + 1);
      figures.pairs += 1;
      figures.skippedUndos += acted.filter((id) => !log.includes(id)).length;
      figures.unnamedResources += report.resources.orphans.some(({ id }) => id === `of-${stuck}`) ? 0 : 1;
      expect(log).toEqual([...acted].reverse());
      expect(report).toMatchObject({ status: 'rollback_incomplete', exit_code: 4 });
      expect(report.rollback?.remaining).toMatchObject([{ what: stuck, command: 'rm it', error: { message: 'fails on purpose' } }]);
      expect(report.resources.orphans).toMatchObject([{ id: `of-${stuck}` }]);
      expect(report.resources.created).toHaveLength(acted.length);
    },
  );
});
