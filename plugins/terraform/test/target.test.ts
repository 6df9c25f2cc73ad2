import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originsOf } from '../src/rollback/target.js';
import type { Move } from '../src/tool/plan-document.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const renames = fc.array(fc.record({ from: fc.constantFrom(...NAMES), to: fc.constantFrom(...NAMES) }), { maxLength: 12 });

/** What can be done of some renames, and where each resource, called by its first name, is after them. */
function renamed(wishes: readonly Move[]): { moves: Move[]; now: Map<string, string> } {
  const now = new Map(['a', 'b', 'c'].map((name) => [name, name]));
  const moves = wishes.filter(({ from, to }) => {
    const first = now.get(from);
    if (first === undefined || now.has(to)) return false;
    now.delete(from);
    now.set(to, first);
    return true;
  });
  return { moves, now };
}

describe('what was renamed', () => {
  it('given any renames, then each resource that has another name now is known by its first one, and no other', () => {
    fc.assert(
      fc.property(renames, (wishes) => {
        const { moves, now } = renamed(wishes);
        expect([...originsOf(moves)].sort()).toEqual([...now].filter(([name, first]) => name !== first).sort());
      }),
    );
  });
});
