import { MemoryStore, type Store } from '@ship/core';
import { expect, it } from 'vitest';
import { changeHolds, readHolds, released } from '../src/holds.js';
import type { Hold } from '../src/records.js';

const hold = (version: string): Hold => ({ component: 'web', version, back_to: null, by: 'ann@ci', at: 'now', run: 'r', why: 'smoke' });
const KEY = 'state/live/holds.json';

it('given two who change the holds at once, then neither is lost', async () => {
  const store = new MemoryStore();
  const add = (version: string) => changeHolds(store, 'live', (now) => ({ ...now, holds: [...now.holds, hold(version)] }));
  await Promise.all(['1', '2', '3'].map(add));
  expect((await readHolds(store, 'live')).holds.map(({ version }) => version).sort()).toEqual(['1', '2', '3']);
});

it('given more releases than are remembered, then the newest hundred are', async () => {
  const store = new MemoryStore();
  const holds = Array.from({ length: 105 }, (_, index) => hold(String(index)));
  await changeHolds(store, 'live', (now) => released({ ...now, holds }, () => true, 'ann@ci', 'all is well'));
  const now = await readHolds(store, 'live');
  expect(now.holds).toEqual([]);
  expect(now.released.map(({ version }) => version)).toEqual(holds.slice(5).map(({ version }) => version));
});

it.each(['{', 'null', '[]', '{"format":2}', '{"format":1}'])(
  'given the file %s, when it is read, then SHIP_HOLD_UNREADABLE',
  async (text) => {
    const store: Store = new MemoryStore();
    await store.put(KEY, text);
    await expect(readHolds(store, 'live')).rejects.toMatchObject({ code: 'SHIP_HOLD_UNREADABLE', exitCode: 6 });
  },
);
