import { createHash } from 'node:crypto';
import type { LeaseOwner, Store } from '@ship/core';
import { describe, expect, it } from 'vitest';

/** Long enough for a store to renew a lease in time, short enough to wait for its end. */
const SHORT_TTL_MS = 300;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const lost = { code: 'SHIP_LEASE_LOST', exitCode: 5 };

/** An owner of which no process here tells whether it lives. */
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

async function* inPieces(bytes: Buffer, length: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function* breaking(error: Error): AsyncIterable<Buffer> {
  yield Buffer.from('some of it');
  throw error;
}

async function collected(pieces: AsyncIterable<Buffer> | undefined): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces ?? []) all.push(piece);
  return Buffer.concat(all);
}

/** A store with its streams; one without them need not keep their promises. */
function withStreams(store: Store, skip: (note: string) => never) {
  if (!store.write || !store.read) return skip('the store takes values only whole');
  return { store, write: store.write.bind(store), read: store.read.bind(store) };
}

/** What a store is asked for. */
export interface StoreWanted {
  /** A holder whose heartbeat has stopped for so long is dead. Where it is not given, what the store takes by itself. */
  readonly leaseTtlMs?: number;
}

/** The promises of a store, as tests: `testStore('file', (wanted) => new FileStore(temporaryFolder(), wanted))`. */
export function testStore(name: string, make: (wanted: StoreWanted) => Store | Promise<Store>): void {
  describe(`store ${name}`, () => {
    it('given nothing, when a key is read, then there is nothing', async () => {
      expect(await (await make({})).get('a/b.json')).toBeUndefined();
    });

    it('given a value, when it is put and read, then it is the same, bytes and all', async () => {
      const store = await make({});
      const bytes = Buffer.from([0, 255, 10, 13, 128]);
      const { version } = await store.put('a/b.bin', bytes);
      expect(await store.get('a/b.bin')).toEqual({ value: bytes, version });
    });

    it('given a value, when it is put where none may be, then SHIP_STORE_CONFLICT, and the first stays', async () => {
      const store = await make({});
      await store.put('k', 'one', { ifVersion: null });
      await expect(store.put('k', 'two', { ifVersion: null })).rejects.toMatchObject({ code: 'SHIP_STORE_CONFLICT' });
      expect((await store.get('k'))?.value.toString()).toBe('one');
    });

    it('given a version, when it is still the current one, then put replaces; when not, then SHIP_STORE_CONFLICT', async () => {
      const store = await make({});
      const first = await store.put('k', 'one');
      await store.put('k', 'two', { ifVersion: first.version });
      await expect(store.put('k', 'three', { ifVersion: first.version })).rejects.toMatchObject({ code: 'SHIP_STORE_CONFLICT' });
      expect((await store.get('k'))?.value.toString()).toBe('two');
    });

    it('given a version, when many put with it at once, then exactly one replaces', async () => {
      const store = await make({});
      const { version } = await store.put('k', 'first');
      const put = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => store.put('k', `${index}`, { ifVersion: version })));
      const won = put.map(({ status }, index) => (status === 'fulfilled' ? `${index}` : undefined)).filter((each) => each !== undefined);
      expect(won).toHaveLength(1);
      expect((await store.get('k'))?.value.toString()).toBe(won[0]);
    });

    it('given several keys, when a prefix is listed, then those below it come, sorted', async () => {
      const store = await make({});
      for (const key of ['s/e/b.json', 's/e/a.json', 's/other/c.json']) await store.put(key, '{}');
      expect(await store.list('s/e/')).toEqual(['s/e/a.json', 's/e/b.json']);
      expect(await store.list('s/e/b')).toEqual(['s/e/b.json']);
      expect(await store.list('none/')).toEqual([]);
    });

    it('given a key, when it is removed twice, then it is gone and the second time is no error', async () => {
      const store = await make({});
      await store.put('k', 'v');
      await store.remove('k');
      await store.remove('k');
      expect(await store.get('k')).toBeUndefined();
    });

    it('given an appender, when records are enqueued and appended, then they stand in order', async () => {
      const store = await make({});
      const appender = await store.appender('j/log.jsonl');
      appender.enqueue('one\n');
      await Promise.all([appender.append('two\n'), appender.append('three\n')]);
      appender.enqueue('four\n');
      await appender.close();
      expect((await store.get('j/log.jsonl'))?.value.toString()).toBe('one\ntwo\nthree\nfour\n');
    });

    it('given a stream that somebody has open, when another cuts it and goes on in it, then what the first appends does not arrive', async () => {
      const store = await make({});
      const first = await store.appender('j/log.jsonl');
      await first.append('one\ntw');
      const second = await store.appender('j/log.jsonl', { end: 4 });
      await first.append('stale\n').catch(() => {});
      await second.append('two\n');
      await first.append('stale, and longer\n').catch(() => {});
      await first.close().catch(() => {});
      await second.append('three\n');
      await second.close();
      expect((await store.get('j/log.jsonl'))?.value.toString()).toBe('one\ntwo\nthree\n');
    });

    it.each(['../out', '/abs', 'a/../b', 'a//b', '', 'a/\0', 'a/.hidden'])(
      'given the key %j, when it is used, then SHIP_STORE_KEY',
      async (key) => {
        const store = await make({});
        await expect(store.put(key, 'v')).rejects.toMatchObject({ code: 'SHIP_STORE_KEY' });
      },
    );

    it('given a stream, when it is written and read, then its key is made of its hash, and the bytes are the same', async ({ skip }) => {
      const { store, write, read } = withStreams(await make({}), skip);
      const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 7) % 256));
      const key = await write(inPieces(bytes, 65_536), (sha256) => `objects/${sha256}`);
      expect(key).toBe(`objects/${createHash('sha256').update(bytes).digest('hex')}`);
      expect(bytes.equals(await collected(await read(key)))).toBe(true);
      expect(bytes.equals((await store.get(key))!.value)).toBe(true);
      expect(await store.list('objects/')).toEqual([key]);
    });

    it('given what was put, nothing, and what is empty, when they are read as streams, then so are they', async ({ skip }) => {
      const { store, write, read } = withStreams(await make({}), skip);
      await store.put('k', 'v');
      expect((await collected(await read('k'))).toString()).toBe('v');
      expect(await read('none')).toBeUndefined();
      await write(inPieces(Buffer.alloc(0), 1), () => 'empty');
      expect((await store.get('empty'))!.value).toHaveLength(0);
      expect(await collected(await read('empty'))).toHaveLength(0);
    });

    it('given a stream that breaks, or a key that is none, when it is written, then that is thrown, and what was there stays', async ({
      skip,
    }) => {
      const { store, write } = withStreams(await make({}), skip);
      await store.put('a/k', 'before');
      const broken = new Error('the source is gone');
      await expect(write(breaking(broken), () => 'a/k')).rejects.toBe(broken);
      await expect(write(inPieces(Buffer.from('after'), 1), () => '../k')).rejects.toMatchObject({ code: 'SHIP_STORE_KEY' });
      expect((await store.get('a/k'))!.value.toString()).toBe('before');
      expect(await store.list('')).toEqual(['a']);
    });

    it('given a stream that is half read, when its reader stops, then the value can be replaced and read again', async ({ skip }) => {
      const { store, write, read } = withStreams(await make({}), skip);
      await write(inPieces(Buffer.alloc(1_000_000, 'a'), 65_536), () => 'k');
      for await (const _ of (await read('k'))!) break;
      await write(inPieces(Buffer.from('after'), 2), () => 'k');
      expect((await store.get('k'))!.value.toString()).toBe('after');
    });

    it('given a lease, when it is lost while a stream is written, then SHIP_LEASE_LOST, and nothing is kept', async ({ skip }) => {
      const { store, write } = withStreams(await make({}), skip);
      if (!store.flags.leases) return;
      const lease = await store.lease('e', owner('run-1'));
      await write(inPieces(Buffer.from('held'), 2), () => 'k', { lease });
      async function* lostHalfWay() {
        yield Buffer.from('one');
        await store.freeLease('e', lease.token);
        yield Buffer.from('two');
      }
      await expect(write(lostHalfWay(), () => 'k', { lease })).rejects.toMatchObject(lost);
      await expect(write(inPieces(Buffer.from('late'), 2), () => 'k', { lease })).rejects.toMatchObject(lost);
      expect((await store.get('k'))!.value.toString()).toBe('held');
    });

    it('given a lease that is held, when another asks, then SHIP_LEASE_HELD names the holder; once released it is free and the token has grown', async () => {
      const store = await make({});
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
      const store = await make({});
      if (!store.flags.leases) return;
      for (let round = 0; round < 10; round += 1) {
        const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => store.lease('e', owner(`run-${index}`))));
        const won = asked.filter((each) => each.status === 'fulfilled');
        expect(won).toHaveLength(1);
        await won[0]!.value.release();
      }
    });

    it('given a lease that is held, when its holder looks and puts and removes with it, then that is done', async () => {
      const store = await make({});
      if (!store.flags.leases) return;
      const lease = await store.lease('e', owner('run-1'));
      expect(lease).toMatchObject({ environment: 'e', owner: { run: 'run-1' }, ttl_ms: expect.any(Number) });
      expect(lease.previous).toBeUndefined();
      await lease.check();
      await lease.renew();
      await store.put('k', 'v', { lease });
      await store.put('once', 'v', { lease, ifVersion: null });
      await store.remove('once', { lease });
      expect((await store.get('k'))?.value.toString()).toBe('v');
      expect(await store.get('once')).toBeUndefined();
      expect(await store.leaseOwner('e')).toMatchObject({ run: 'run-1', token: lease.token, liveness: 'unproven' });
    });

    it('given a heartbeat, when another asks for longer than a ttl, then it is still held; when it stops for a ttl, then it is taken over, and the next holder is told whose run was not ended', async () => {
      const store = await make({ leaseTtlMs: SHORT_TTL_MS });
      if (!store.flags.leases) return;
      const first = await store.lease('e', owner('run-1'));
      expect(first.ttl_ms).toBe(SHORT_TTL_MS);
      for (let beats = 0; beats < 6; beats += 1) {
        await pause(SHORT_TTL_MS / 3);
        await first.renew();
        await expect(store.lease('e', owner('run-2'))).rejects.toMatchObject({ code: 'SHIP_LEASE_HELD' });
      }
      await pause(SHORT_TTL_MS * 1.5);
      expect(await store.leaseOwner('e')).toMatchObject({ run: 'run-1', liveness: 'dead', heartbeat_age_ms: expect.any(Number) });
      const second = await store.lease('e', owner('run-3'));
      expect(second.previous?.run).toBe('run-1');
      expect(second.token).toBeGreaterThan(first.token);
    });

    it('given a lease that was taken over, when its holder wakes, then all that it tries is SHIP_LEASE_LOST, no value changes, and the new holder keeps its lease', async () => {
      const store = await make({ leaseTtlMs: SHORT_TTL_MS });
      if (!store.flags.leases) return;
      const lease = await store.lease('e', owner('run-1'));
      await store.put('k', 'before', { lease });
      const stream = await store.appender('records', { lease });
      await stream.append('before\n');
      await pause(SHORT_TTL_MS * 1.5);
      const second = await store.lease('e', owner('run-2'));
      await expect(lease.check()).rejects.toMatchObject(lost);
      await expect(lease.renew()).rejects.toMatchObject(lost);
      await expect(store.put('k', 'after', { lease })).rejects.toMatchObject(lost);
      await expect(store.put('new', 'after', { lease, ifVersion: null })).rejects.toMatchObject(lost);
      await expect(store.remove('k', { lease })).rejects.toMatchObject(lost);
      stream.enqueue('after\n');
      await expect(stream.append('after\n')).rejects.toMatchObject(lost);
      await lease.release();
      expect((await store.get('records'))?.value.toString()).toBe('before\n');
      expect((await store.get('k'))?.value.toString()).toBe('before');
      expect(await store.get('new')).toBeUndefined();
      await second.check();
      await store.put('k', 'after', { lease: second });
      expect(await store.leaseOwner('e')).toMatchObject({ run: 'run-2', token: second.token });
    });

    it('given a lease that is held, when it is freed by its token, then its holder has lost it, it is free, and the next holder is told whose run was not ended', async () => {
      const store = await make({});
      if (!store.flags.leases) return;
      const lease = await store.lease('e', owner('run-1'));
      expect(await store.freeLease('e', lease.token + 1)).toBe(false);
      expect(await store.freeLease('other', lease.token)).toBe(false);
      await lease.check();
      expect(await store.freeLease('e', lease.token)).toBe(true);
      expect(await store.freeLease('e', lease.token)).toBe(false);
      expect(await store.leaseOwner('e')).toBeUndefined();
      await expect(store.put('k', 'v', { lease })).rejects.toMatchObject(lost);
      await lease.release();
      const second = await store.lease('e', owner('run-2'));
      expect(second.previous?.run).toBe('run-1');
      await second.release();
      expect((await store.lease('e', owner('run-3'))).previous).toBeUndefined();
    });

    it('given a holder that ends nothing of the run before it, when it gives the lease back for it, then the next holder is told of that run', async () => {
      const store = await make({});
      if (!store.flags.leases) return;
      const first = await store.lease('e', owner('run-1'));
      await first.release(owner('run-0'));
      expect(await store.leaseOwner('e')).toBeUndefined();
      expect((await store.lease('e', owner('run-2'))).previous?.run).toBe('run-0');
    });
  });
}
