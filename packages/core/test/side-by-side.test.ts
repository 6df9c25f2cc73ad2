import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sideBySide } from '../src/graph.js';

/** Any graph without a cycle: an item waits for some of those before it. */
const graphs = fc
  .integer({ min: 0, max: 12 })
  .chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, index) => fc.subarray(Array.from({ length: index }, (_unused, each) => each)))),
  )
  .map((waits) => new Map(waits.map((before, item) => [item, before])));

describe('sideBySide', () => {
  it('given any graph and limit, when it is worked through, then each item has its turn once, after all that it waits for, and never more at once than may be', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 4 }), fc.integer(), async (waits, limit, salt) => {
        const ended: number[] = [];
        let running = 0;
        await sideBySide(
          [...waits.keys()],
          (item) => waits.get(item)!,
          limit,
          async (item) => {
            running += 1;
            expect(running).toBeLessThanOrEqual(limit);
            expect(waits.get(item)!.every((before) => ended.includes(before))).toBe(true);
            for (let turn = Math.abs(salt * (item + 1)) % 5; turn >= 0; turn -= 1) await null;
            running -= 1;
            ended.push(item);
          },
        );
        expect([...ended].sort((one, other) => one - other)).toEqual([...waits.keys()]);
      }),
      { numRuns: 500 },
    );
  });

  it('given independent items and room for two, when they are worked through, then two run at the same time', async () => {
    let most = 0;
    let running = 0;
    await sideBySide(
      [1, 2, 3],
      () => [],
      2,
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
      },
    );
    expect(most).toBe(2);
  });

  it('given an item that throws, when it does, then what runs may end, nothing new begins, and the error is thrown', async () => {
    const log: string[] = [];
    const work = async (item: string) => {
      log.push(item);
      await null;
      if (item === 'a') throw new Error('a broke');
      log.push(`${item} ended`);
    };
    await expect(sideBySide(['a', 'b', 'c'], () => [], 2, work)).rejects.toThrow('a broke');
    expect(log).toEqual(['a', 'b', 'b ended']);
  });
});
