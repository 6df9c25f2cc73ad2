import { createHash } from 'node:crypto';
import { MemoryStore, type Snapshot } from '@ship/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSnapshot, writeSnapshot } from '../src/files.js';
import { prune } from '../src/retention.js';
import { age } from '../src/show.js';
import { SnapshotStore } from '../src/store.js';
import { snapshot } from './sample.js';

describe('file of a snapshot', () => {
  it('given a snapshot, when it is written and read, then it is the same', () => {
    expect(readSnapshot('snapshot-1', writeSnapshot(snapshot('1')))).toEqual(snapshot('1'));
  });

  it('given any one of 10,000 bit flips and every truncation, when it is read, then it is refused with a code', () => {
    const bytes = Buffer.from(writeSnapshot(snapshot('1')));
    const flips = fc.sample(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 })), { numRuns: 10_000, seed: 7 });
    const damaged = [
      ...flips.map(([at, bit]) => {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1 << bit;
        return flipped;
      }),
      ...Array.from(bytes, (_, length) => bytes.subarray(0, length)),
    ];
    const accepted = damaged.filter((each) => {
      try {
        readSnapshot('snapshot-1', each.toString('utf8'));
        return true;
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^SHIP_SNAPSHOT_(DAMAGED|FORMAT)$/);
        return false;
      }
    });
    expect(accepted.map((each) => each.toString())).toEqual([]);
  });

  it('given a file of format 1, when it is read, then what it holds besides its components are parts; one that was changed is refused', () => {
    const { parts: _, format: __, ...rest } = snapshot('1');
    const former = { format: 1, ...rest, terraform: { serial: 4 }, helm_values: null, migrations: ['007'] };
    const hash = createHash('sha256').update(JSON.stringify(former)).digest('hex');
    const text = `${JSON.stringify({ ...former, content_hash: hash }, null, 2)}\n`;
    expect(readSnapshot('snapshot-1', text)).toEqual(snapshot('1', { parts: { terraform: { serial: 4 }, migrations: ['007'] } }));
    expect(() => readSnapshot('snapshot-1', text.replace('007', '008'))).toThrow(
      expect.objectContaining({ code: 'SHIP_SNAPSHOT_DAMAGED' }),
    );
  });

  it('given a whole file under another name, when it is read, then it says which one it is', () => {
    expect(() => readSnapshot('snapshot-2', writeSnapshot(snapshot('1')))).toThrow(
      expect.objectContaining({ code: 'SHIP_SNAPSHOT_DAMAGED', message: expect.stringContaining('snapshot-1') }),
    );
  });
});

describe('snapshot store', () => {
  const snapshotsOf = async (...saved: Snapshot[]) => {
    const store = new MemoryStore();
    const snapshots = new SnapshotStore(store, 'shop');
    for (const each of saved) await snapshots.save(each);
    return { store, snapshots };
  };

  it('given unsafe, damaged and foreign snapshots above a good one, when the latest is asked for, then it is the good one', async () => {
    const { store, snapshots } = await snapshotsOf(
      snapshot('1'),
      snapshot('2'),
      snapshot('3', { rollback_safe: false }),
      snapshot('4', { project: 'other' }),
    );
    await store.put('snapshots/production/snapshot-2.json', '{}');
    expect((await snapshots.latest('production'))?.id).toBe('snapshot-1');
    expect(await snapshots.latest('staging')).toBeNull();
  });

  it('given more than are kept, when it is pruned, then the newest stay, and the last good one however old', async () => {
    const { snapshots } = await snapshotsOf(
      snapshot('1'),
      snapshot('2'),
      ...['3', '4', '5'].map((id) => snapshot(id, { rollback_safe: false })),
    );
    expect(await prune(snapshots, 'production', 2)).toEqual({ snapshots: ['snapshot-3', 'snapshot-1'], files: [] });
    expect(await snapshots.ids('production')).toEqual(['snapshot-5', 'snapshot-4', 'snapshot-2']);
  });

  it('given a snapshot, when it is saved twice, then the second time is refused', async () => {
    const { snapshots } = await snapshotsOf(snapshot('1'));
    await expect(snapshots.save(snapshot('1', { version: 'v2' }))).rejects.toMatchObject({ code: 'SHIP_STORE_CONFLICT' });
    expect((await snapshots.find('production', '1')).version).toBe('v1');
  });

  it('given an id that is the start of others, when it is asked for, then it is the one, and a mere start is ambiguous', async () => {
    const { snapshots } = await snapshotsOf(snapshot('1'), snapshot('12'), snapshot('123'));
    expect((await snapshots.find('production', 'snapshot-12')).id).toBe('snapshot-12');
    expect((await snapshots.find('production', '123')).id).toBe('snapshot-123');
    await prune(snapshots, 'production', 2);
    await expect(snapshots.find('production', '1')).rejects.toMatchObject({ code: 'SHIP_SNAPSHOT_AMBIGUOUS' });
  });
});

it.each([
  [0, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [2 * 3_600_000 + 15 * 60_000, '2h 15m'],
  [76 * 3_600_000, '3d 4h'],
  [-5, '0s'],
])('given %i ms, when it is told, then %s', (ms, text) => {
  expect(age(ms)).toBe(text);
});
