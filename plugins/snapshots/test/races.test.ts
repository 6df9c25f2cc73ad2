import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@ship/core';
import { FileStore } from '@ship/core/kernel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Shelf } from '../src/shelf.js';
import { idAt, saveWhole, snapshot } from './sample.js';

const INDEX = 'snapshots/production/index.jsonl';
const SAVES = 12;

function storeIn(): FileStore {
  const folder = mkdtempSync(join(tmpdir(), 'ship-snapshots-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new FileStore(folder);
}

/** The store as another process finds it, which does something right before a call reaches it; once. */
function interrupted(store: Store, method: 'put' | 'appender', key: string, first: () => Promise<void>): Store {
  let isDone = false;
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (!isDone && name === method && args[0] === key) {
          isDone = true;
          await first();
        }
        return value.apply(target, args);
      };
    },
  });
}

describe('two at one index', () => {
  const listed = async (store: Store) => (await new Shelf(store, 'shop').list('production')).map(({ id }) => id);

  it.each(['put', 'appender'] as const)(
    'given a list that makes the index anew, when a snapshot is saved right before its %s, then every later list has it',
    async (method) => {
      const store = storeIn();
      for (const minute of [1, 2]) await saveWhole(store, new Shelf(store, 'shop'), idAt(minute));
      await store.remove(INDEX);
      const other = interrupted(store, method, INDEX, () => new Shelf(store, 'shop').save(snapshot(idAt(3))));
      await new Shelf(other, 'shop').list('production');
      expect(await listed(store)).toEqual([3, 2, 1].map((minute) => `snapshot-${idAt(minute)}`));
    },
  );

  it('given a save, when another one dies between its snapshot and its line of the index, then every later list has both', async () => {
    const store = storeIn();
    for (const minute of [1, 2]) await saveWhole(store, new Shelf(store, 'shop'), idAt(minute));
    const dies = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (name === 'appender') return () => Promise.reject(new Error('killed'));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const deaths: unknown[] = [];
    const other = interrupted(store, 'appender', INDEX, () =>
      new Shelf(dies, 'shop').save(snapshot(idAt(3))).catch((death: unknown) => void deaths.push(death)),
    );
    await new Shelf(other, 'shop').save(snapshot(idAt(4)));
    expect(deaths).toHaveLength(1);
    expect(await listed(store)).toEqual([4, 3, 2, 1].map((minute) => `snapshot-${idAt(minute)}`));
  });

  it('given many saves, lists and evictions side by side, when all are over, then the list is what is there', async () => {
    const store = storeIn();
    const minutes = Array.from({ length: SAVES }, (_, minute) => minute + 1);
    const work = minutes.flatMap((minute) => [
      new Shelf(store, 'shop').save(snapshot(idAt(minute))),
      listed(store),
      ...(minute % 4 === 0 ? [new Shelf(store, 'shop').prune('production', SAVES - 2)] : []),
    ]);
    await Promise.all(work);
    expect(await listed(store)).toEqual(await new Shelf(store, 'shop').ids('production'));
  });

  it('given saves and evictions one after the other, when it is listed, then the index is of the folder, and nothing is parsed', async () => {
    const store = storeIn();
    for (const minute of [1, 2, 3]) await saveWhole(store, new Shelf(store, 'shop'), idAt(minute), { state: `state ${minute}` });
    await new Shelf(store, 'shop').prune('production', 2);
    const read: unknown[] = [];
    const watched = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'get' || name === 'put') read.push(args[0]);
          return value.apply(target, args);
        };
      },
    });
    expect(await listed(watched)).toEqual([3, 2].map((minute) => `snapshot-${idAt(minute)}`));
    expect(read).toEqual([INDEX]);
  });

  it('given a store that cannot tell whether a folder has changed, when one snapshot is another one by now, then the list is what is there', async () => {
    const store = storeIn();
    const plain = new Proxy<Store>(store, {
      get: (target, name) => {
        if (name === 'changed' || name === 'tail') return undefined;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    for (const minute of [1, 2]) await new Shelf(plain, 'shop').save(snapshot(idAt(minute)));
    await store.remove(`snapshots/production/snapshot-${idAt(1)}.json`);
    await store.put(`snapshots/production/snapshot-${idAt(3)}.json`, '{}');
    expect(await listed(plain)).toEqual([3, 2].map((minute) => `snapshot-${idAt(minute)}`));
  });
});
