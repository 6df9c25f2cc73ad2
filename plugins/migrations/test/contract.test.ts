import { describe, expect, it } from 'vitest';
import { isContraction, whyWait } from '../src/actions/contract.js';
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

describe('how long a contraction waits', () => {
  const HOUR = 3_600_000;
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
  const releases = (...verified: readonly (readonly [ms: number, safe: boolean])[]) =>
    ({ history: { snapshots: async () => verified.map(([ms, rollback_safe]) => ({ timestamp: ago(ms), rollback_safe })) } }) as never;

  it('given one that has just come, then it waits', async () => {
    const ctx = releases([HOUR, true]);
    expect(await whyWait(ctx, { after: '24h' }, undefined)).toBe('it came less than 24h ago');
    expect(await whyWait(ctx, { after: 'bake' }, undefined)).toBe('0 of 1 release was verified since it came');
    expect(await whyWait(ctx, { after_releases: 2 }, undefined)).toBe('0 of 2 releases were verified since it came');
  });

  it('given releases since, then those count that were verified to their end', async () => {
    const ctx = releases([3 * HOUR, true], [2 * HOUR, false], [HOUR, true]);
    expect(await whyWait(ctx, { after: 'bake' }, ago(2.5 * HOUR))).toBeUndefined();
    expect(await whyWait(ctx, { after: 'bake' }, ago(0.5 * HOUR))).toBe('0 of 1 release was verified since it came');
    expect(await whyWait(ctx, { after_releases: 2 }, ago(2.5 * HOUR))).toBe('1 of 2 releases were verified since it came');
  });

  it('given releases and a time, then both must be over', async () => {
    const ctx = releases([HOUR, true]);
    expect(await whyWait(ctx, { after_releases: 1, after: '24h' }, ago(2 * HOUR))).toBe('it came less than 24h ago');
    expect(await whyWait(ctx, { after_releases: 1, after: '24h' }, ago(25 * HOUR))).toBeUndefined();
  });
});
