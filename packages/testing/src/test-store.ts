import type { LeaseOwner, Store } from '@ship/core';
import { describe, expect, it } from 'vitest';

const owner = (run: string): LeaseOwner => ({
  run,
  user: 'tester',
  host: 'elsewhere.example',
  pid: 1,
  process_started: '0',
  boot_id: 'another',
  command: 'ship',
  since: '2026-01-15T10:30:00.000Z',
});

/** The promises of a store, as tests: `testStore('file', () => new FileStore(temporaryFolder()))`. */
export function testStore(name: string, make: () => Store | Promise<Store>): void {
  describe(`store ${name}`, () => {
    it('given nothing, when a key is read, then there is nothing', async () => {
      expect(await (await make()).get('a/b.json')).toBeUndefined();
    });

    it('given a value, when it is put and read, then it is the same, bytes and all', async () => {
      const store = await make();
      const bytes = Buffer.from([0, 255, 10, 13, 128]);
      const { version } = await store.put('a/b.bin', bytes);
      expect(await store.get('a/b.bin')).toEqual({ value: bytes, version });
    });

    it('given a value, when it is put where none may be, then SHIP_STORE_CONFLICT, and the first stays', async () => {
      const store = await make();
      await store.put('k', 'one', { ifVersion: null });
      await expect(store.put('k', 'two', { ifVersion: null })).rejects.toMatchObject({ code: 'SHIP_STORE_CONFLICT' });
      expect((await store.get('k'))?.value.toString()).toBe('one');
    });

    it('given a version, when it is still the current one, then put replaces; when not, then SHIP_STORE_CONFLICT', async () => {
      const store = await make();
      const first = await store.put('k', 'one');
      await store.put('k', 'two', { ifVersion: first.version });
      await expect(store.put('k', 'three', { ifVersion: first.version })).rejects.toMatchObject({ code: 'SHIP_STORE_CONFLICT' });
      expect((await store.get('k'))?.value.toString()).toBe('two');
    });

    it('given a version, when many put with it at once, then exactly one replaces', async () => {
      const store = await make();
      const { version } = await store.put('k', 'first');
      const put = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => store.put('k', `${index}`, { ifVersion: version })));
      const won = put.map(({ status }, index) => (status === 'fulfilled' ? `${index}` : undefined)).filter((each) => each !== undefined);
      expect(won).toHaveLength(1);
      expect((await store.get('k'))?.value.toString()).toBe(won[0]);
    });

    it('given several keys, when a prefix is listed, then those below it come, sorted', async () => {
      const store = await make();
      for (const key of ['s/e/b.json', 's/e/a.json', 's/other/c.json']) await store.put(key, '{}');
      expect(await store.list('s/e/')).toEqual(['s/e/a.json', 's/e/b.json']);
      expect(await store.list('s/e/b')).toEqual(['s/e/b.json']);
      expect(await store.list('none/')).toEqual([]);
    });

    it('given a key, when it is removed twice, then it is gone and the second time is no error', async () => {
      const store = await make();
      await store.put('k', 'v');
      await store.remove('k');
      await store.remove('k');
      expect(await store.get('k')).toBeUndefined();
    });

    it('given an appender, when records are enqueued and appended, then they stand in order', async () => {
      const store = await make();
      const appender = await store.appender('j/log.jsonl');
      appender.enqueue('one\n');
      await Promise.all([appender.append('two\n'), appender.append('three\n')]);
      appender.enqueue('four\n');
      await appender.close();
      expect((await store.get('j/log.jsonl'))?.value.toString()).toBe('one\ntwo\nthree\nfour\n');
    });

    it.each(['../out', '/abs', 'a/../b', 'a//b', '', 'a/\0', 'a/.hidden'])(
      'given the key %j, when it is used, then SHIP_STORE_KEY',
      async (key) => {
        const store = await make();
        await expect(store.put(key, 'v')).rejects.toMatchObject({ code: 'SHIP_STORE_KEY' });
      },
    );

    it('given a lease that is held, when another asks, then SHIP_LEASE_HELD names the holder; once released it is free and the token has grown', async () => {
      const store = await make();
      if (!store.flags.leases) return;
      const first = await store.lease('production', owner('run-1'));
      await expect(store.lease('production', owner('run-2'))).rejects.toMatchObject({
        code: 'SHIP_LEASE_HELD',
        exitCode: 5,
        message: expect.stringContaining('run-1'),
      });
      await expect(store.lease('staging', owner('run-3'))).resolves.toBeDefined();
      expect((await store.leaseOwner('production'))?.run).toBe('run-1');
      await first.release();
      expect(await store.leaseOwner('production')).toBeUndefined();
      const second = await store.lease('production', owner('run-4'));
      expect(second.token).toBeGreaterThan(first.token);
      await second.check();
      await expect(first.check()).rejects.toMatchObject({ code: 'SHIP_LEASE_LOST' });
    });

    it('given many who ask at once, when a lease is free, then exactly one has it', async () => {
      const store = await make();
      if (!store.flags.leases) return;
      for (let round = 0; round < 10; round += 1) {
        const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => store.lease('e', owner(`run-${index}`))));
        const won = asked.filter((each) => each.status === 'fulfilled');
        expect(won).toHaveLength(1);
        await won[0]!.value.release();
      }
    });
  });
}
