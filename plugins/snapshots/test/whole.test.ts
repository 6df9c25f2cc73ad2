import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isShipError, MemoryStore } from '@ship/core';
import { FileStore, objectsIn } from '@ship/core/kernel';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { componentDifferences, snapshotDifferences } from '../src/diff.js';
import { evictable } from '../src/retention.js';
import { sealWith } from '../src/seal.js';
import { Shelf } from '../src/shelf.js';
import { idAt, saveWhole, snapshot } from './sample.js';

const FLIPS = 10_000;

function shelfIn() {
  const folder = mkdtempSync(join(tmpdir(), 'ship-snapshots-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = new FileStore(folder);
  return { folder, store, shelf: new Shelf(store, 'shop'), dir: join(folder, 'snapshots/production') };
}

describe('what lies beside a snapshot', () => {
  it('given a config and a state of Terraform, when a snapshot is kept, then they bear its time, and nobody else may read them', async () => {
    const { store, shelf, dir } = shelfIn();
    await saveWhole(store, shelf, idAt(1));
    const names = readdirSync(dir).sort();
    expect(names).toEqual([
      `config-${idAt(1)}.json`,
      'index.jsonl',
      'latest.json',
      `snapshot-${idAt(1)}.json`,
      `terraform-${idAt(1)}.tfstate`,
    ]);
    for (const name of names) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    expect((await shelf.readFile(await shelf.find('production', idAt(1)), 'terraform', 'tfstate')).toString()).toBe('the state');
  });

  it(`given any one of ${FLIPS} bits flipped in a snapshot, a file or an object of it, when it is gone back to, then it is refused before anything is read out of it`, async () => {
    const { folder, store, shelf, dir } = shelfIn();
    const object = await saveWhole(store, shelf, idAt(1));
    const files = [`snapshot-${idAt(1)}.json`, `terraform-${idAt(1)}.tfstate`, `config-${idAt(1)}.json`].map((name) => join(dir, name));
    const all = [...files, join(folder, object)].map((path) => ({ path, bytes: readFileSync(path) }));
    const flips = fc.sample(fc.tuple(fc.nat({ max: all.length - 1 }), fc.nat(), fc.nat({ max: 7 })), { numRuns: FLIPS, seed: 11 });
    let found = 0;
    for (const [which, at, bit] of flips) {
      const { path, bytes } = all[which]!;
      const flipped = Buffer.from(bytes);
      flipped[at % bytes.length]! ^= 1 << bit;
      writeFileSync(path, flipped);
      const error = await shelf.find('production', idAt(1)).catch((caught: unknown) => caught);
      if (isShipError(error) && /^SHIP_SNAPSHOT_(DAMAGED|FORMAT)$/.test(error.code)) found += 1;
      writeFileSync(path, bytes);
    }
    expect(found).toBe(flips.length);
    expect(await shelf.find('production', idAt(1))).toBeDefined();
  }, 120_000);

  it('given a file that is gone, when the last good one is asked for, then the snapshot is passed over; verify says why', async () => {
    const { store, shelf, dir } = shelfIn();
    await saveWhole(store, shelf, idAt(1));
    await saveWhole(store, shelf, idAt(2));
    await store.remove(`snapshots/production/terraform-${idAt(2)}.tfstate`);
    expect((await shelf.latest('production'))?.id).toBe(`snapshot-${idAt(1)}`);
    expect(await shelf.problems('production', `snapshot-${idAt(2)}`)).toEqual([`its file terraform-${idAt(2)}.tfstate is gone`]);
    expect(await shelf.problems('production', `snapshot-${idAt(1)}`)).toEqual([]);
    expect(readdirSync(dir)).toContain(`config-${idAt(2)}.json`);
  });

  it('given snapshots that share an object, when they are evicted one by one, then it stays as long as one of them does, and their files go with them', async () => {
    const { store, shelf, dir } = shelfIn();
    const shared = await saveWhole(store, shelf, idAt(1), { state: 'same' });
    await saveWhole(store, shelf, idAt(2), { state: 'same' });
    await saveWhole(store, shelf, idAt(3), { state: 'other' });
    await shelf.prune('production', 2);
    expect(await store.get(shared)).toBeDefined();
    await shelf.prune('production', 1);
    expect(await store.get(shared)).toBeUndefined();
    expect(readdirSync(dir).filter((name) => name.includes(idAt(1)) || name.includes(idAt(2)))).toEqual([]);
    expect(await shelf.problems('production', `snapshot-${idAt(3)}`)).toEqual([]);
  });

  it('given two environments that share an object, when one evicts all that name it, then it stays as long as the other needs it', async () => {
    const { store, shelf } = shelfIn();
    const shared = await saveWhole(store, shelf, idAt(1), { state: 'same' });
    await saveWhole(store, shelf, idAt(2), { state: 'other' });
    await saveWhole(store, shelf, idAt(3), { state: 'same', environment: 'staging' });
    await saveWhole(store, shelf, idAt(4), { state: 'another', environment: 'staging' });
    await shelf.prune('production', 1);
    expect(await shelf.find('staging', idAt(3))).toMatchObject({ objects: [shared] });
    await shelf.prune('staging', 1);
    expect(await store.get(shared)).toBeUndefined();
    expect(await shelf.find('production', idAt(2))).toBeDefined();
  });

  it.each([
    ['damaged', '{"objects": []}'],
    ['of a later format', JSON.stringify({ format: 3 })],
  ])(
    'given a snapshot of another environment that is %s, when others are evicted, then no object goes, and all else does',
    async (_, text) => {
      const { store, shelf, dir } = shelfIn();
      const kept = await saveWhole(store, shelf, idAt(1), { state: 'old' });
      await saveWhole(store, shelf, idAt(2), { state: 'new' });
      await store.put(`snapshots/staging/snapshot-${idAt(3)}.json`, text);
      expect((await shelf.prune('production', 1)).snapshots).toEqual([`snapshot-${idAt(1)}`]);
      expect(readdirSync(dir).filter((name) => name.includes(idAt(1)))).toEqual([]);
      expect(await store.get(kept)).toBeDefined();
    },
  );

  it('given an object that somebody holds, when the snapshots that name it are evicted, then it stays; held no more, it goes, and so does what only a run had captured', async () => {
    const { store, shelf } = shelfIn();
    const objects = objectsIn(store, () => undefined);
    const shared = await saveWhole(store, shelf, idAt(1), { state: 'same' });
    const ofRun = await objects.put(Buffer.from('the state before the run'));
    await objects.hold('production-infra', [shared, ofRun]);
    await saveWhole(store, shelf, idAt(2), { state: 'other' });
    await shelf.prune('production', 1);
    expect([(await objects.get(shared)).toString(), (await objects.get(ofRun)).toString()]).toEqual([
      'the configuration of same',
      'the state before the run',
    ]);

    await objects.hold('production-infra', []);
    await saveWhole(store, shelf, idAt(3), { state: 'third' });
    await shelf.prune('production', 1);

    for (const key of [shared, ofRun]) await expect(objects.get(key)).rejects.toMatchObject({ code: 'SHIP_OBJECT_DAMAGED' });
    expect(await shelf.problems('production', `snapshot-${idAt(3)}`)).toEqual([]);
  });

  it('given evicted snapshots without objects, when they go, then nothing but they and the last good one is read', async () => {
    const { shelf } = shelfIn();
    for (let minute = 1; minute <= 9; minute += 1) await shelf.save(snapshot(idAt(minute)));
    await shelf.save(snapshot(idAt(1), { environment: 'staging' }));
    const read = vi.spyOn(shelf, 'read');
    await shelf.prune('production', 7);
    expect(read.mock.calls.map(([environment, id]) => `${environment} ${id}`).sort()).toEqual(
      [1, 2, 9].map((minute) => `production snapshot-${idAt(minute)}`),
    );
  });

  it('given files whose snapshot never came, when it is pruned, then those of long ago go, and those of a save that may be under way stay', async () => {
    const { store, shelf } = shelfIn();
    await saveWhole(store, shelf, idAt(1));
    await store.put(`snapshots/production/terraform-${idAt(2)}.tfstate`, 'lost');
    const at = (iso: string) => ({ now: Date.parse(iso) });
    expect((await shelf.prune('production', 5, [], at('2026-01-15T12:00:00Z'))).files).toEqual([]);
    expect((await shelf.prune('production', 5, [], at('2026-01-17T12:00:00Z'))).files).toEqual([`terraform-${idAt(2)}.tfstate`]);
    expect(await shelf.problems('production', `snapshot-${idAt(1)}`)).toEqual([]);
  });
});

describe('objects', () => {
  it('given one that was flipped, is gone, or is sealed where nothing opens it, when it is read, then that is said', async () => {
    const { store } = shelfIn();
    const identity = await generateIdentity();
    const seal = sealWith({ recipients: [await identityToRecipient(identity)], identity_env: 'ID' }, { ID: identity });
    const [open, sealed] = [objectsIn(store, () => undefined), objectsIn(store, () => seal)];
    const key = await sealed.put(Buffer.from('secret'));
    expect((await store.get(key))!.value.toString('latin1')).not.toContain('secret');
    expect((await sealed.get(key)).toString()).toBe('secret');
    await expect(open.get(key)).rejects.toThrow('is encrypted, and nothing here can open it');
    const plain = await open.put(Buffer.from('plain'));
    expect((await sealed.get(plain)).toString()).toBe('plain');
    await store.put(plain, 'plaim');
    await expect(open.get(plain)).rejects.toThrow('is not what it was');
    await store.remove(plain);
    await expect(open.get(plain)).rejects.toThrow('is gone');
  });
});

describe('sealed files', () => {
  it('given a recipient, when a state is kept, then its text is nowhere, and whoever has the identity reads it', async () => {
    const identity = await generateIdentity();
    const options = { recipients: [await identityToRecipient(identity)], identity_env: 'IDENTITY' };
    const { folder, store, dir } = shelfIn();
    const seal = sealWith(options, { IDENTITY: identity });
    const shelf = new Shelf(store, 'shop', seal);
    await saveWhole(store, shelf, idAt(1), { seal, state: 'a password of the database' });
    const found = await shelf.find('production', idAt(1));
    expect(found.files).toMatchObject({ [`terraform-${idAt(1)}.tfstate`]: { sealed: true } });
    expect(readFileSync(join(dir, `terraform-${idAt(1)}.tfstate`), 'latin1')).toMatch(/^age-encryption\.org\/v1\n/);
    expect(readFileSync(join(dir, `terraform-${idAt(1)}.tfstate`), 'latin1')).not.toContain('password');
    expect((await shelf.readFile(found, 'terraform', 'tfstate')).toString()).toBe('a password of the database');

    const file = join(folder, 'identity.txt');
    writeFileSync(file, `# created: today\n${identity}\n`);
    const byFile = new Shelf(store, 'shop', sealWith(options, { IDENTITY: file }));
    expect((await byFile.readFile(found, 'terraform', 'tfstate')).toString()).toBe('a password of the database');
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['no identity', {}, 'IDENTITY is not set'],
    ['a file that is not there', { IDENTITY: '/nowhere' }, 'cannot be read'],
    ['nonsense', { IDENTITY: 'AGE-SECRET-KEY-1NONSENSE' }, 'is no age identity'],
  ])('given %s, when a sealed file is read, then SHIP_SNAPSHOT_SEALED; the hashes are checked without it', async (_, env, told) => {
    const options = { recipients: [await identityToRecipient(await generateIdentity())], identity_env: 'IDENTITY' };
    const { store } = shelfIn();
    const shelf = new Shelf(store, 'shop', sealWith(options, env));
    await saveWhole(store, shelf, idAt(1), { seal: sealWith(options, env) });
    const found = await shelf.find('production', idAt(1));
    await expect(shelf.readFile(found, 'terraform', 'tfstate')).rejects.toMatchObject({
      code: 'SHIP_SNAPSHOT_SEALED',
      message: expect.stringContaining(told),
    });
    await expect(new Shelf(store, 'shop').readFile(found, 'terraform', 'tfstate')).rejects.toMatchObject({ code: 'SHIP_SNAPSHOT_SEALED' });
  });

  it('given the identity of somebody else, when a sealed file is read, then SHIP_SNAPSHOT_SEALED; given a recipient that is none, then nothing is kept', async () => {
    const { store } = shelfIn();
    const options = { recipients: [await identityToRecipient(await generateIdentity())], identity_env: 'IDENTITY' };
    const seal = sealWith(options, { IDENTITY: await generateIdentity() });
    const shelf = new Shelf(store, 'shop', seal);
    await saveWhole(store, shelf, idAt(1), { seal });
    await expect(shelf.readFile(await shelf.find('production', idAt(1)), 'terraform', 'tfstate')).rejects.toMatchObject({
      code: 'SHIP_SNAPSHOT_SEALED',
    });
    const wrong = sealWith({ recipients: ['age1nonsense0000'], identity_env: 'X' }, {});
    await expect(saveWhole(store, shelf, idAt(2), { seal: wrong })).rejects.toMatchObject({ code: 'SHIP_SNAPSHOT_RECIPIENT' });
    expect(await shelf.ids('production')).toEqual([`snapshot-${idAt(1)}`]);
  });
});

describe('the index', () => {
  it('given saves, evictions, a lost index, a torn one, snapshots put there or taken away by hand, when it is listed, then the list is what is there', async () => {
    const { store, shelf, dir } = shelfIn();
    const shown = async () => (await shelf.list('production')).map(({ id }) => id);
    for (const minute of [1, 2, 3]) await saveWhole(store, shelf, idAt(minute));
    expect(await shown()).toEqual(await shelf.ids('production'));
    await shelf.prune('production', 2);
    expect(await shown()).toEqual([`snapshot-${idAt(3)}`, `snapshot-${idAt(2)}`]);
    for (const harm of [
      () => store.remove('snapshots/production/index.jsonl'),
      () => writeFileSync(join(dir, 'index.jsonl'), readFileSync(join(dir, 'index.jsonl')).subarray(0, -9)),
      () => writeFileSync(join(dir, 'index.jsonl'), '{"add": 7}\n\0\0\0'),
      () => store.remove(`snapshots/production/snapshot-${idAt(2)}.json`),
      () => store.put(`snapshots/production/snapshot-${idAt(4)}.json`, 'nonsense'),
    ]) {
      await harm();
      expect(await shown()).toEqual(await shelf.ids('production'));
      expect(await shown()).toEqual(await shelf.ids('production'));
    }
    expect((await shelf.list('production'))[0]).toMatchObject({ id: `snapshot-${idAt(4)}`, problem: expect.stringContaining('damaged') });
  });

  it('given a snapshot that is changed in place, when it is listed, then the list says so', async () => {
    const { store, shelf, dir } = shelfIn();
    await saveWhole(store, shelf, idAt(1));
    expect((await shelf.list('production'))[0]).toMatchObject({ version: 'v1' });
    writeFileSync(join(dir, `snapshot-${idAt(1)}.json`), '[]');
    expect((await shelf.list('production'))[0]).toMatchObject({ problem: expect.stringMatching(/damaged|format/) });
  });

  it('given a folder that may not be written, when it is listed, then it is shown all the same', async () => {
    const { store, shelf, dir } = shelfIn();
    await saveWhole(store, shelf, idAt(1));
    await store.remove('snapshots/production/index.jsonl');
    chmodSync(dir, 0o500);
    expect(await shelf.list('production')).toHaveLength(1);
    chmodSync(dir, 0o700);
  });

  it('given a store that cannot tell whether a folder has changed, when it is listed, then the list is what is there', async () => {
    const store = new MemoryStore();
    const shelf = new Shelf(store, 'shop');
    for (const minute of [1, 2]) await shelf.save(snapshot(idAt(minute)));
    await store.put(`snapshots/production/snapshot-${idAt(3)}.json`, '{}');
    expect((await shelf.list('production', 2)).map(({ id }) => id)).toEqual([`snapshot-${idAt(3)}`, `snapshot-${idAt(2)}`]);
  });
});

describe('retention', () => {
  it('given any snapshots, when it is decided which may go, then never one of the newest, the last good, a pinned or a needed one, and every other', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(ids, fc.nat({ max: 25 }), fc.func(fc.nat({ max: 3 })), (all, count, fate) => {
        const chosen = (wanted: number) => new Set(all.filter((id) => fate(id) === wanted));
        const rules = { count, lastGood: all.at(-1), pinned: chosen(0), needed: chosen(1) };
        const gone = new Set(evictable(all, rules));
        all.forEach((id, place) => {
          const stays = place < count || id === rules.lastGood || rules.pinned.has(id) || rules.needed.has(id);
          expect(gone.has(id)).toBe(!stays);
        });
      }),
    );
  });
});

describe('differences', () => {
  const state = (version: string, config_hash = 'h', healthy = true) => ({ version, config_hash, healthy });

  it('given two states, when they are compared, then versions, configurations, health, what came and what went are told', () => {
    const from = { api: state('1'), db: state('1'), old: state('1'), same: state('1'), sick: state('1', 'h', false) };
    const to = { api: state('2'), db: state('1', 'other'), late: state('1'), same: state('1'), sick: state('1') };
    expect(componentDifferences(from, to).map(({ name, from: one, to: other, detail }) => [name, one, other, detail])).toEqual([
      ['api', '1', '2', undefined],
      ['db', '1', '1', 'another configuration'],
      ['late', null, '1', undefined],
      ['old', '1', null, undefined],
      ['sick', '1', '1', 'healthy now'],
    ]);
  });

  it('given a snapshot and itself, when they are compared, then nothing differs; given another commit and state, then both are told', () => {
    expect(snapshotDifferences(snapshot('1'), snapshot('1'))).toEqual([]);
    expect(
      snapshotDifferences(snapshot('1'), snapshot('2', { git_sha: 'abc', parts: { terraform: { serial: 2 } } })).map(({ name }) => name),
    ).toEqual(['git_sha', 'terraform']);
  });
});
