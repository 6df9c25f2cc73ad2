import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '@ship/core/kernel';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { blockOf, Commons, rowsIn } from '../src/block.js';
import { writeSnapshot } from '../src/file.js';
import { type Listed, listedOf, type Readable } from '../src/listed.js';
import { readIndex, rebuildIndex } from '../src/listing.js';
import { Shelf } from '../src/shelf.js';
import { idAt, snapshot } from './sample.js';

const INDEX = 'snapshots/production/index.jsonl';
const MANY = 400;

const plain = ({ id, version, timestamp, git_sha, versions, common, stamp }: Readable) => ({
  ...{ id, version, timestamp, git_sha, versions, common, stamp },
});

describe('a block', () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('|', ',', '%', '"', '\\', '\n', '\0', '=', 'ü', '😀'), fc.string()) });
  const verification = fc.record({ smoke: fc.constantFrom(true, false, null), acceptance: fc.constant(null) });
  const listed = fc
    .record({ version: text, timestamp: text, git_sha: fc.option(text.filter(Boolean)), verification, rollback_safe: fc.boolean() })
    .chain(({ verification: outcome, rollback_safe, ...more }) =>
      fc.record({ id: text, stamp: text, components: fc.array(fc.tuple(text, text.filter(Boolean))), by: text }).map(
        ({ components, by, ...rest }): Readable => ({
          ...more,
          ...rest,
          versions: components.map(([, version]) => version),
          common: {
            ...{ project: by, environment: 'production', rollback_safe, created_by: by, parts: [] },
            verification: outcome as Listed['common']['verification'],
            names: components.map(([name]) => name),
          },
        }),
      ),
    );

  it('given any snapshots, when their block is written and read, then they are what they were', () => {
    fc.assert(
      fc.property(fc.uniqueArray(listed, { minLength: 1, maxLength: 6, selector: ({ id }) => id }), (snapshots) => {
        expect(rowsIn(JSON.stringify(blockOf(snapshots)), new Commons())?.map(plain)).toEqual(snapshots.map(plain));
      }),
    );
  });

  it('given rows of several blocks that have the same in common, when they are read, then it is one object', () => {
    const line = JSON.stringify(blockOf([1, 2].map((minute) => listedOf(snapshot(idAt(minute))))));
    const known = new Commons();
    const [one, other] = [...rowsIn(line, known)!, ...rowsIn(line, known)!].slice(1);
    expect(one?.common).toBe(other?.common);
  });

  it('given a block that lost a mark, a text, a number or its end, when it is read, then it is refused', () => {
    const snapshots = [1, 2, 3].map((minute) => ({
      ...listedOf(snapshot(idAt(minute), { version: `v${minute}` })),
      stamp: String(minute),
    }));
    const line = JSON.stringify(blockOf(snapshots));
    for (const harm of [
      (whole: string) => whole.replace('v1|', 'v1'),
      (whole: string) => whole.replace('1,,v1|', '1,,v1'),
      (whole: string) => whole.replace('"v1|v2|v3",', ''),
      (whole: string) => whole.replace(/\|snapshot-[^"|]*"/, '"'),
      (whole: string) => whole.replace('"0"', '"1"'),
      (whole: string) => whole.slice(0, -1),
    ]) {
      expect(harm(line)).not.toBe(line);
      expect(() => rowsIn(harm(line), new Commons())).toThrow();
    }
  });
});

function shelfIn() {
  const folder = mkdtempSync(join(tmpdir(), 'ship-snapshots-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = new FileStore(folder);
  return { store, shelf: new Shelf(store, 'shop'), index: join(folder, INDEX), dir: join(folder, 'snapshots/production') };
}

const idOf = (count: number) => `2026-01-15T10-00-00.${String(count).padStart(3, '0')}Z-abcd`;

/** Puts snapshots beside each other without an index. */
function put(folder: string, count = MANY) {
  mkdirSync(folder, { recursive: true });
  for (let each = 1; each <= count; each += 1) {
    const one = snapshot(idOf(each), { version: `v${each}` });
    writeFileSync(join(folder, `${one.id}.json`), writeSnapshot(one));
  }
}

describe('an index', () => {
  it('given a long one, when the newest are listed, then only its end is read, and they are what the whole one says', async () => {
    const { store, shelf, dir } = shelfIn();
    put(dir);
    const all = await shelf.list('production');
    const read = vi.spyOn(store, 'get');
    expect((await shelf.list('production', 7)).map((each) => each.id)).toEqual(all.slice(0, 7).map((each) => each.id));
    expect(read).not.toHaveBeenCalled();
  });

  it('given a snapshot of an earlier time that came last, when the newest are listed, then it is not taken for one of them', async () => {
    const { shelf, dir } = shelfIn();
    put(dir);
    await shelf.list('production');
    await shelf.save(snapshot('2026-01-14T10-00-00.000Z-abcd'));
    const all = await shelf.list('production');
    for (const newest of [1, 7, 60, MANY]) {
      const shown = await shelf.list('production', newest);
      expect(shown.map(({ id }) => id)).toEqual(all.slice(0, newest).map(({ id }) => id));
    }
  });

  const former = (version: string) => {
    const head = { project: 'shop', environment: 'production', names: ['api'], parts: [] };
    const add = [`snapshot-${idOf(1)}`, '1', version, '2026-01-15T10:30:00.000Z', null, 'pnnf', 1, 'tester', version];
    return `${JSON.stringify({ head })}\n${JSON.stringify({ add })}\n`;
  };

  it.each<[string, (text: string) => string]>([
    ['the former format', () => former('of before')],
    ['the former format, and lines of now behind it', (text) => former('of before') + text],
    ['a torn last line', (text) => text.slice(0, -5)],
    ['a last line that is not ended', (text) => text.trimEnd()],
    ['zeros in its middle', (text) => `${text.slice(0, 900)}${'\0'.repeat(300)}${text.slice(1200)}`],
    ['zeros in the middle of one text', (text) => text.replace('|v9|', '|\0\0|')],
    ['nonsense between two lines', (text) => text.replace('\n', '\nnonsense\n')],
    ['a line of another kind', (text) => text.replace('\n', '\n{"other": 1}\n')],
    ['a block without its last column', (text) => text.replace(/,"[^"]*"\]\n/, ']\n')],
    ['nothing in it', () => ''],
  ])('given one with %s, when it is listed, then the list is what is there, and the index is made anew', async (_, harmed) => {
    const { shelf, index, dir } = shelfIn();
    put(dir);
    const before = await shelf.list('production');
    const whole = readFileSync(index, 'utf8');
    writeFileSync(index, harmed(whole));
    expect((await shelf.list('production')).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(readFileSync(index, 'utf8').split('\n').slice(0, 3)).toEqual(whole.split('\n').slice(0, 3));
    expect((await shelf.list('production', 1))[0]).toMatchObject({ version: `v${MANY}`, versions: ['v1'] });
  });

  it('given lines in another order, twice, and of ones that are gone, when it is read, then each stands once, in order', async () => {
    const { store } = shelfIn();
    const line = (...counts: number[]) =>
      `${JSON.stringify(blockOf(counts.map((count) => listedOf(snapshot(idOf(count), { version: `v${count}` })))))}\n`;
    const bad = `${JSON.stringify({ bad: [`snapshot-${idOf(5)}`, '1', 'it is damaged'] })}\n`;
    const gone = `${JSON.stringify({ gone: `snapshot-${idOf(2)}` })}\n`;
    await store.put(INDEX, line(3, 6) + line(1, 2) + line(6) + bad + gone + gone + line(4));
    const { listed = [] } = (await readIndex(store, 'production')) ?? {};
    expect(listed.map(({ id }) => id)).toEqual([1, 3, 4, 5, 6].map((count) => `snapshot-${idOf(count)}`));
    expect(listed[3]).toMatchObject({ problem: 'it is damaged' });
  });

  it('given one that cannot be read among the others, when the index is made anew, then it stands in its place', async () => {
    const { store, shelf, dir } = shelfIn();
    put(dir, 4);
    await store.put(`snapshots/production/snapshot-${idOf(2)}.json`, '{}');
    await shelf.list('production');
    const { listed = [] } = (await readIndex(store, 'production')) ?? {};
    expect(listed.map((each) => 'problem' in each)).toEqual([false, true, false, false]);
  });

  it('given hundreds of saves and evictions one by one, when it grows long, then it is put together, and says what it said', async () => {
    const { shelf, index } = shelfIn();
    await shelf.save(snapshot(idOf(1)));
    let longest = 0;
    for (let count = 2; count <= 150; count += 1) {
      await shelf.save(snapshot(idOf(count)));
      await shelf.prune('production', 5);
      longest = Math.max(longest, readFileSync(index, 'utf8').split('\n').length);
    }
    expect(longest).toBeLessThan(220);
    expect(readFileSync(index, 'utf8').split('\n').length).toBeLessThan(longest);
    const read = vi.spyOn(shelf, 'read');
    expect((await shelf.list('production')).map(({ id }) => id)).toEqual(
      [150, 149, 148, 147, 146].map((count) => `snapshot-${idOf(count)}`),
    );
    expect(read).not.toHaveBeenCalled();
  }, 60_000);

  it('given a save that comes while the index is put together, when it is listed, then the list has it', async () => {
    const { store, shelf, dir } = shelfIn();
    put(dir, 3);
    const listed = await shelf.list('production');
    const putNow = store.put.bind(store);
    vi.spyOn(store, 'put').mockImplementationOnce(async (...args) => {
      await new Shelf(store, 'shop').save(snapshot(idOf(4)));
      return putNow(...args);
    });
    await rebuildIndex(store, 'production', [...listed].reverse());
    expect((await shelf.list('production')).map(({ id }) => id)).toEqual([4, 3, 2, 1].map((count) => `snapshot-${idOf(count)}`));
  });
});
