import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFile } from '@ship/system';
import { temporaryFolder, testStore } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { FileAppender } from '../src/store/appender.js';
import { FileStore } from '../src/store/file.js';
import { MemoryStore } from '../src/store/memory.js';
import { FencedStore } from '../src/store/wrappers.js';

testStore('file', (wanted) => new FileStore(join(temporaryFolder(), '.speckit'), wanted));
testStore('memory', (wanted) => new MemoryStore(wanted));
testStore('fenced', (wanted) => new FencedStore(new MemoryStore(wanted)));

describe('FencedStore', () => {
  const owner = { run: 'r', user: 'u', host: 'h', pid: 1, process_started: '0', boot_id: 'b', command: 'ship', since: '' };

  it('given a lease that was taken through it and is lost, when anybody puts or removes, then SHIP_LEASE_LOST until it is given back', async () => {
    const inner = new MemoryStore();
    const store = new FencedStore(inner);
    await store.put('before', '1');
    const lease = await store.lease('e', owner);
    await store.put('held', '1');
    await inner.freeLease('e', lease.token);
    await expect(store.put('k', '2')).rejects.toMatchObject({ code: 'SHIP_LEASE_LOST' });
    await expect(store.put('k', '2', { ifVersion: null })).rejects.toMatchObject({ code: 'SHIP_LEASE_LOST' });
    await expect(store.remove('held')).rejects.toMatchObject({ code: 'SHIP_LEASE_LOST' });
    expect(await inner.list('')).toEqual(['before', 'held']);
    await lease.release();
    await store.put('k', '2');
  });
});

const modes = (path: string): string[] => {
  const { mode } = statSync(path);
  const own = `${path.split('/').at(-1)} ${(mode & 0o777).toString(8)}`;
  return statSync(path).isDirectory() ? [own, ...readdirSync(path).flatMap((name) => modes(join(path, name)))] : [own];
};

describe('FileStore', () => {
  it('given a umask that leaves everything open, when values, records and leases are written, then files are 0600 and folders 0700', async () => {
    const before = process.umask(0);
    try {
      const folder = join(temporaryFolder(), '.speckit');
      const store = new FileStore(folder);
      await store.put('a/b/c.json', '{}');
      await store.put('a/once.json', '{}', { ifVersion: null });
      await (await store.appender('runs/r/journal.jsonl')).close();
      await store.lease('production', {
        run: 'r',
        user: 'u',
        host: 'h',
        pid: 1,
        process_started: '0',
        boot_id: 'b',
        command: 'ship',
        since: '',
      });
      const found = modes(folder);
      expect(found.filter((each) => !each.endsWith(' 600') && !each.endsWith(' 700'))).toEqual([]);
      expect(found.filter((each) => each.endsWith(' 600'))).toHaveLength(4);
    } finally {
      process.umask(before);
    }
  });

  it('given a file that others may read, when it is replaced, then it is 0600', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'k'), 'old', { mode: 0o644 });
    await new FileStore(folder).put('k', 'new');
    expect(statSync(join(folder, 'k')).mode & 0o777).toBe(0o600);
  });

  it('given writes that succeed and writes that fail, when all is done, then no temporary file is left', async () => {
    const folder = temporaryFolder();
    const store = new FileStore(folder);
    await store.put('k', 'v', { ifVersion: null });
    await expect(store.put('k', 'w', { ifVersion: null })).rejects.toThrow();
    mkdirSync(join(folder, 'taken'));
    await expect(store.put('taken', 'w')).rejects.toMatchObject({ code: 'SHIP_STORE_WRITE_FAILED' });
    expect(readdirSync(folder).sort()).toEqual(['k', 'taken']);
  });

  it('given a temporary file that a crash left, when keys are listed, then it is not among them, and what merely ends like one is', async () => {
    const folder = temporaryFolder();
    createFile(join(folder, 's/a.json'), Buffer.from('{}'));
    writeFileSync(join(folder, 's/b.json.0123456789ab.tmp'), '{');
    mkdirSync(join(folder, 's/x.tmp'));
    expect(await new FileStore(folder).list('s/')).toEqual(['s/a.json', 's/x.tmp']);
  });

  it('given a folder where a value should be, when it is read, then SHIP_STORE_READ_FAILED names the path', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'k'));
    await expect(new FileStore(folder).get('k')).rejects.toMatchObject({
      code: 'SHIP_STORE_READ_FAILED',
      message: expect.stringContaining(join(folder, 'k')),
    });
  });

  it('given a file where the state folder should be, when a lease is asked for, then SHIP_STORE_WRITE_FAILED, not an error without a code', async () => {
    const file = join(temporaryFolder(), '.speckit');
    writeFileSync(file, '');
    const owner = { run: 'r', user: 'u', host: 'h', pid: 1, process_started: '0', boot_id: 'b', command: 'ship', since: '' };
    await expect(new FileStore(file).lease('e', owner)).rejects.toMatchObject({ code: 'SHIP_STORE_WRITE_FAILED' });
  });
});

describe('FileAppender', () => {
  it('given many appends in one turn, when they settle, then all stand in the order of the calls and share one write', async () => {
    const path = join(temporaryFolder(), 'log');
    const appender = await FileAppender.open(path);
    const settled: number[] = [];
    const all = Array.from({ length: 50 }, (_, index) => appender.append(`${index}\n`).then(() => settled.push(index)));
    expect(readFileSync(path, 'utf8')).toBe('');
    await all[0];
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(51);
    await Promise.all(all);
    expect(settled).toEqual(Array.from({ length: 50 }, (_, index) => index));
    await appender.close();
  });

  it('given an enqueued record and no append, when a moment has passed, then it is written', async () => {
    const path = join(temporaryFolder(), 'log');
    const appender = await FileAppender.open(path);
    appender.enqueue('one\n');
    await expect.poll(() => readFileSync(path, 'utf8')).toBe('one\n');
    await appender.close();
    await expect(appender.append('late\n')).rejects.toMatchObject({ code: 'SHIP_STORE_CLOSED' });
  });

  it('given a full disk, when a record is appended, then it and all later ones are refused, and so is close', async () => {
    const appender = await FileAppender.open('/dev/full');
    const first = appender.append('one\n');
    const sameTurn = appender.append('two\n');
    for (const each of [first, sameTurn, appender.append('three\n')])
      await expect(each).rejects.toMatchObject({ code: 'SHIP_STORE_WRITE_FAILED', message: 'cannot write /dev/full: ENOSPC' });
    appender.enqueue('four\n');
    await expect(appender.append('five\n')).rejects.toMatchObject({ code: 'SHIP_STORE_WRITE_FAILED' });
    await expect(appender.close()).rejects.toMatchObject({ code: 'SHIP_STORE_WRITE_FAILED' });
  });

  it('given a disk that takes half a record, when it is appended, then the file is cut back to the last whole one', () => {
    const path = join(temporaryFolder(), 'log');
    const fixture = join(import.meta.dirname, 'fixtures/short-write.mjs');
    const said = execFileSync('bash', ['-c', `ulimit -f 8; exec "$0" "$@"`, process.execPath, fixture, path], { encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual(['durable', 'SHIP_STORE_WRITE_FAILED', 'SHIP_STORE_WRITE_FAILED']);
    expect(readFileSync(path, 'utf8')).toBe('a'.repeat(3000));
  });
});
