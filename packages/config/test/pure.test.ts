import { parseDuration, suggest } from '@ship/core';
import { findCycles } from '@ship/core/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameProblem } from '../src/values.js';

describe('Given a duration', () => {
  test.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['1.1s', 1100],
    ['2h', 7_200_000],
    ['0s', 0],
  ])('When it is %s, then it is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '10', 's', '-1s', '1 s', '1S', '1e3s', '0.5ms', '1.s', '.5s', '10s\n', 'Infinitys', `${'9'.repeat(15)}h`])(
    'When it is %j, then it is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test('When any number of units is written, then it is read back', () => {
    const units = fc.constantFrom<[string, number]>(['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000]);
    fc.assert(fc.property(fc.nat(), units, (count, [unit, ms]) => parseDuration(`${count}${unit}`) === count * ms));
  });

  test('When it is any text, then it is a whole number of milliseconds or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,20}(ms|s|m|h)$/)), (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

describe('Given a word', () => {
  test.each([
    ['retyr', ['run', 'retry', 'needs'], 'retry'],
    ['Production', ['staging', 'production'], 'production'],
    ['xyz', ['staging', 'production'], undefined],
    ['a', ['b', 'c'], undefined],
    ['x'.repeat(101), ['x'.repeat(101)], undefined],
  ])('When %s is looked for in %j, then it is %s', (word, known, expected) => expect(suggest(word, known)).toBe(expected));

  test('When a name is allowed, then a tool takes it for no option, path or command', () => {
    fc.assert(fc.property(fc.string(), (name) => nameProblem(name) !== undefined || /^[a-z0-9][a-z0-9._-]*$/i.test(name)));
  });
});

describe('Given a graph', () => {
  test('When arrows lead forward alone, then there is no cycle; when one leads back, then it is found', () => {
    const sizes = fc.tuple(fc.integer({ min: 2, max: 12 }), fc.array(fc.tuple(fc.nat(11), fc.nat(11))), fc.nat());
    fc.assert(
      fc.property(sizes, ([size, pairs, salt]) => {
        const graph = new Map(Array.from({ length: size }, (_, index) => [String(index), index + 1 < size ? [String(index + 1)] : []]));
        for (const [a, b] of pairs) if (a < b && b < size) graph.get(String(a))!.push(String(b));
        expect(findCycles(graph)).toEqual([]);
        const from = salt % size;
        graph.get(String(size - 1))!.push(String(from));
        const cycles = findCycles(graph);
        expect(cycles.length).toBeGreaterThan(0);
        for (const cycle of cycles) expect(cycle[0]).toBe(cycle.at(-1));
      }),
    );
  });

  test('When a chain is very long, then the stack holds', () => {
    const graph = new Map(Array.from({ length: 5000 }, (_, index) => [String(index), [String((index + 1) % 5000)]]));
    expect(findCycles(graph)[0]).toHaveLength(5001);
  });
});
