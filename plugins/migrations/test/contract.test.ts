import { describe, expect, it } from 'vitest';
import { isContraction } from '../src/actions/contract.js';
import type { Migration } from '../src/migration.js';

describe('a migration that says that it takes something away', () => {
  it.each([
    ['in SQL', '-- ship: contract\nSELECT 1'],
    ['in Python', '# ship: contract\ndef upgrade(): pass'],
    ['in JavaScript', '// ship: contract\nexports.up = () => {}'],
  ])('given the mark %s, then it is a contraction, whatever is printed for it', async (_, text) => {
    const migration: Migration = { id: 'a', name: '', up: [{ file: 'a', line: 1, text, opaque: 'a program' }], down: 'none' };
    const printed = () => Promise.reject(new Error('nothing is printed for that'));
    expect(await isContraction({ migrations: [migration], printed } as unknown as Parameters<typeof isContraction>[0], migration)).toBe(
      true,
    );
  });
});
