import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isShipError } from '@ship/core';
import { FileStore, objectsIn } from '@ship/core/kernel';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ageEncryption } from '../src/encryption.js';
import { evictable, prune } from '../src/retention.js';
import { componentDifferences, snapshotDifferences } from '../src/show.js';
import { SnapshotStore } from '../src/store.js';
import { idAt, saveWhole, snapshot } from './sample.js';

const FLIPS = 10_000;

function snapshotsIn() {
  const folder = mkdtempSync(join(tmpdir(), 'ship-snapshots-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = new FileStore(folder);
  return { folder, store, snapshots: new SnapshotStore(store, 'shop'), dir: join(folder, 'snapshots/production') };
}

describe('what lies beside a snapshot', () => {
  it('given a config and a state of Terraform, when a snapshot is kept, then they bear its time, and nobody else may read them', async () => {
    const { store, snapshots, dir } = snapshotsIn();
    await saveWhole(store, snapshots, idAt(1));
    const names = readdirSync(dir).sort();
    expect(names).toEqual([`config-${idAt(1)}.json`, 'latest.json', `snapshot-${idAt(1)}.json`, `terraform-${idAt(1)}.tfstate`]);
    for (const name of names) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    expect((await snapshots.readFile(await snapshots.find('production', idAt(1)), 'terraform', 'tfstate')).toString()).toBe('the state');
  });

  it(`given any one of ${FLIPS} bits flipped in a snapshot, a file or an object of it, when it is gone back to, then it is refused before anything is read out of it`, async () => {
    const { folder, store, snapshots, dir } = snapshotsIn();
    const object = await saveWhole(store, snapshots, idAt(1));
    const files = [`snapshot-${idAt(1)}.json`, `terraform-${idAt(1)}.tfstate`, `config-${idAt(1)}.json`].map((name) => join(dir, name));
    const all = [...files, join(folder, object)].map((path) => ({ path, bytes: readFileSync(path) }));
    const flips = fc.sample(fc.tuple(fc.nat({ max: all.length - 1 }), fc.nat(), fc.nat({ max: 7 })), { numRuns: FLIPS, seed: 11 });
    let found = 0;
    for (const [which, at, bit] of flips) {
      const { path, bytes } = all[which]!;
      const flipped = Buffer.from(bytes);
      flipped[at % bytes.length]! ^= 1 << bit;
      writeFileSync(path, flipped);
      const error = await snapshots.find('production', idAt(1)).catch((caught: unknown) => caught);
      if (isShipError(error) && /^SHIP_SNAPSHOT_(DAMAGED|FORMAT)$/.test(error.code)) found += 1;
      writeFileSync(path, bytes);
    }
    expect(found).toBe(flips.length);
    expect(await snapshots.find('production', idAt(1))).toBeDefined();
  }, 120_000);

  it('given a file that is gone, when the last good one is asked for, then the snapshot is passed over; verify says why', async () => {
    const { store, snapshots, dir } = snapshotsIn();
    await saveWhole(store, snapshots, idAt(1));
    await saveWhole(store, snapshots, idAt(2));
    await store.remove(`snapshots/production/terraform-${idAt(2)}.tfstate`);
    expect((await snapshots.latest('production'))?.id).toBe(`snapshot-${idAt(1)}`);
    expect(await snapshots.problems('production', `snapshot-${idAt(2)}`)).toEqual([`its file terraform-${idAt(2)}.tfstate is gone`]);
    expect(await snapshots.problems('production', `snapshot-${idAt(1)}`)).toEqual([]);
    expect(readdirSync(dir)).toContain(`config-${idAt(2)}.json`);
  });

  it('given snapshots that share an object, when they are evicted one by one, then it stays as long as one of them does, and their files go with them', async () => {
    const { store, snapshots, dir } = snapshotsIn();
    const shared = await saveWhole(store, snapshots, idAt(1), { state: 'same' });
    await saveWhole(store, snapshots, idAt(2), { state: 'same' });
    await saveWhole(store, snapshots, idAt(3), { state: 'other' });
    await prune(snapshots, 'production', 2);
    expect(await store.get(shared)).toBeDefined();
    await prune(snapshots, 'production', 1);
    expect(await store.get(shared)).toBeUndefined();
    expect(readdirSync(dir).filter((name) => name.includes(idAt(1)) || name.includes(idAt(2)))).toEqual([]);
    expect(await snapshots.problems('production', `snapshot-${idAt(3)}`)).toEqual([]);
  });

  it('given two environments that share an object, when one evicts all that name it, then it stays as long as the other needs it', async () => {
    const { store, snapshots } = snapshotsIn();
    const shared = await saveWhole(store, snapshots, idAt(1), { state: 'same' });
    await saveWhole(store, snapshots, idAt(2), { state: 'other' });
    await saveWhole(store, snapshots, idAt(3), { state: 'same', environment: 'staging' });
    await saveWhole(store, snapshots, idAt(4), { state: 'another', environment: 'staging' });
    await prune(snapshots, 'production', 1);
    expect(await snapshots.find('staging', idAt(3))).toMatchObject({ objects: [shared] });
    await prune(snapshots, 'staging', 1);
    expect(await store.get(shared)).toBeUndefined();
    expect(await snapshots.find('production', idAt(2))).toBeDefined();
  });

  it.each([
    ['damaged', '{"objects": []}'],
    ['of a later format', JSON.stringify({ format: 3 })],
  ])(
    'given a snapshot of another environment that is %s, when others are evicted, then no object goes, and all else does',
    async (_, text) => {
      const { store, snapshots, dir } = snapshotsIn();
      const kept = await saveWhole(store, snapshots, idAt(1), { state: 'old' });
      await saveWhole(store, snapshots, idAt(2), { state: 'new' });
      await store.put(`snapshots/staging/snapshot-${idAt(3)}.json`, text);
      expect((await prune(snapshots, 'production', 1)).snapshots).toEqual([`snapshot-${idAt(1)}`]);
      expect(readdirSync(dir).filter((name) => name.includes(idAt(1)))).toEqual([]);
      expect(await store.get(kept)).toBeDefined();
    },
  );

  it('given an object that somebody holds, when the snapshots that name it are evicted, then it stays; held no more, it goes, and so does what only a run had captured', async () => {
    const { store, snapshots } = snapshotsIn();
    const objects = objectsIn(store, () => undefined);
    const shared = await saveWhole(store, snapshots, idAt(1), { state: 'same' });
    const ofRun = await objects.put(Buffer.from('the state before the run'));
    await objects.hold('production-infra', [shared, ofRun]);
    await saveWhole(store, snapshots, idAt(2), { state: 'other' });
    await prune(snapshots, 'production', 1);
    expect([(await objects.get(shared)).toString(), (await objects.get(ofRun)).toString()]).toEqual([
      'the configuration of same',
      'the state before the run',
    ]);

    await objects.hold('production-infra', []);
    await saveWhole(store, snapshots, idAt(3), { state: 'third' });
    await prune(snapshots, 'production', 1);

    for (const key of [shared, ofRun]) await expect(objects.get(key)).rejects.toMatchObject({ code: 'SHIP_OBJECT_DAMAGED' });
    expect(await snapshots.problems('production', `snapshot-${idAt(3)}`)).toEqual([]);
  });

  it('given evicted snapshots without objects, when they go, then nothing but they and the last good one is read', async () => {
    const { snapshots } = snapshotsIn();
    for (let minute = 1; minute <= 9; minute += 1) await snapshots.save(snapshot(idAt(minute)));
    await snapshots.save(snapshot(idAt(1), { environment: 'staging' }));
    const read = vi.spyOn(snapshots, 'read');
    await prune(snapshots, 'production', 7);
    expect(read.mock.calls.map(([environment, id]) => `${environment} ${id}`).sort()).toEqual(
      [1, 2, 9].map((minute) => `production snapshot-${idAt(minute)}`),
    );
  });

  it('given files whose snapshot never came, when it is pruned, then those of long ago go, and those of a save that may be under way stay', async () => {
    const { store, snapshots } = snapshotsIn();
    await saveWhole(store, snapshots, idAt(1));
    await store.put(`snapshots/production/terraform-${idAt(2)}.tfstate`, 'lost');
    const at = (iso: string) => ({ now: Date.parse(iso) });
    expect((await prune(snapshots, 'production', 5, [], at('2026-01-15T12:00:00Z'))).files).toEqual([]);
    expect((await prune(snapshots, 'production', 5, [], at('2026-01-17T12:00:00Z'))).files).toEqual([`terraform-${idAt(2)}.tfstate`]);
    expect(await snapshots.problems('production', `snapshot-${idAt(1)}`)).toEqual([]);
  });
});

describe('objects', () => {
  it('given one that was flipped, is gone, or is sealed where nothing opens it, when it is read, then that is said', async () => {
    const { store } = snapshotsIn();
    const identity = await generateIdentity();
    const encryption = ageEncryption({ recipients: [await identityToRecipient(identity)], identity_env: 'ID' }, { ID: identity });
    const [open, sealed] = [objectsIn(store, () => undefined), objectsIn(store, () => encryption)];
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

  it('given an identity, when objects are streamed, then age sealed them; given that of somebody else, damage, or a source that breaks, then that is said', async () => {
    const { folder, store } = snapshotsIn();
    const [identity, foreign] = [await generateIdentity(), await generateIdentity()];
    const options = { recipients: [await identityToRecipient(identity)], identity_env: 'ID' };
    const sealedFor = (ID: string) => objectsIn(store, () => ageEncryption(options, { ID }));
    const objects = sealedFor(identity);
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    async function* source(error?: Error) {
      for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
      if (error) throw error;
    }
    const key = await objects.write(source());
    expect(readFileSync(join(folder, key), 'latin1')).toMatch(/^age-encryption\.org\/v1\n/);
    expect(bytes.equals(await objects.get(key))).toBe(true);

    await expect(sealedFor(foreign).get(key)).rejects.toMatchObject({ code: 'SHIP_SNAPSHOT_SEALED' });
    const broken = new Error('the source is gone');
    await expect(objects.write(source(broken))).rejects.toBe(broken);
    const lying = readFileSync(join(folder, key));
    writeFileSync(join(folder, key), lying.fill(0, 200_000, 200_001));
    await expect(objects.get(key)).rejects.toMatchObject({ code: 'SHIP_OBJECT_DAMAGED' });
  });
});

describe('sealed files', () => {
  it('given a recipient, when a state is kept, then its text is nowhere, and whoever has the identity reads it', async () => {
    const identity = await generateIdentity();
    const options = { recipients: [await identityToRecipient(identity)], identity_env: 'IDENTITY' };
    const { folder, store, dir } = snapshotsIn();
    const encryption = ageEncryption(options, { IDENTITY: identity });
    const snapshots = new SnapshotStore(store, 'shop', encryption);
    await saveWhole(store, snapshots, idAt(1), { encryption, state: 'a password of the database' });
    const found = await snapshots.find('production', idAt(1));
    expect(found.files).toMatchObject({ [`terraform-${idAt(1)}.tfstate`]: { sealed: true } });
    expect(readFileSync(join(dir, `terraform-${idAt(1)}.tfstate`), 'latin1')).toMatch(/^age-encryption\.org\/v1\n/);
    expect(readFileSync(join(dir, `terraform-${idAt(1)}.tfstate`), 'latin1')).not.toContain('password');
    expect((await snapshots.readFile(found, 'terraform', 'tfstate')).toString()).toBe('a password of the database');

    const file = join(folder, 'identity.txt');
    writeFileSync(file, `# created: today\n${identity}\n`);
    const byFile = new SnapshotStore(store, 'shop', ageEncryption(options, { IDENTITY: file }));
    expect((await byFile.readFile(found, 'terraform', 'tfstate')).toString()).toBe('a password of the database');
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['no identity', {}, 'IDENTITY is not set'],
    ['a file that is not there', { IDENTITY: '/nowhere' }, 'cannot be read'],
    ['nonsense', { IDENTITY: 'AGE-SECRET-KEY-1NONSENSE' }, 'is no age identity'],
  ])('given %s, when a sealed file is read, then SHIP_SNAPSHOT_SEALED; the hashes are checked without it', async (_, env, told) => {
    const options = { recipients: [await identityToRecipient(await generateIdentity())], identity_env: 'IDENTITY' };
    const { store } = snapshotsIn();
    const snapshots = new SnapshotStore(store, 'shop', ageEncryption(options, env));
    await saveWhole(store, snapshots, idAt(1), { encryption: ageEncryption(options, env) });
    const found = await snapshots.find('production', idAt(1));
    await expect(snapshots.readFile(found, 'terraform', 'tfstate')).rejects.toMatchObject({
      code: 'SHIP_SNAPSHOT_SEALED',
      message: expect.stringContaining(told),
    });
    await expect(new SnapshotStore(store, 'shop').readFile(found, 'terraform', 'tfstate')).rejects.toMatchObject({
      code: 'SHIP_SNAPSHOT_SEALED',
    });
  });

  it('given the identity of somebody else, when a sealed file is read, then SHIP_SNAPSHOT_SEALED; given a recipient that is none, then nothing is kept', async () => {
    const { store } = snapshotsIn();
    const options = { recipients: [await identityToRecipient(await generateIdentity())], identity_env: 'IDENTITY' };
    const encryption = ageEncryption(options, { IDENTITY: await generateIdentity() });
    const snapshots = new SnapshotStore(store, 'shop', encryption);
    await saveWhole(store, snapshots, idAt(1), { encryption });
    await expect(snapshots.readFile(await snapshots.find('production', idAt(1)), 'terraform', 'tfstate')).rejects.toMatchObject({
      code: 'SHIP_SNAPSHOT_SEALED',
    });
    const wrong = ageEncryption({ recipients: ['age1nonsense0000'], identity_env: 'X' }, {});
    await expect(saveWhole(store, snapshots, idAt(2), { encryption: wrong })).rejects.toMatchObject({ code: 'SHIP_SNAPSHOT_RECIPIENT' });
    expect(await snapshots.ids('production')).toEqual([`snapshot-${idAt(1)}`]);
  });
});

describe('lists', () => {
  const idsOf = async (snapshots: SnapshotStore) => (await snapshots.list('production')).map(({ id }) => id);

  it('given saves, evictions, snapshots put there or removed by hand, and the index of an earlier ship, when it is listed, then the list is what is there', async () => {
    const { store, snapshots, dir } = snapshotsIn();
    for (const minute of [1, 2, 3]) await saveWhole(store, snapshots, idAt(minute));
    expect(await idsOf(snapshots)).toEqual([3, 2, 1].map((minute) => `snapshot-${idAt(minute)}`));
    await prune(snapshots, 'production', 2);
    expect(await idsOf(snapshots)).toEqual([3, 2].map((minute) => `snapshot-${idAt(minute)}`));
    writeFileSync(join(dir, 'index.jsonl'), '["of before"]\n');
    await store.remove(`snapshots/production/snapshot-${idAt(2)}.json`);
    await store.put(`snapshots/production/snapshot-${idAt(4)}.json`, 'nonsense');
    expect(await snapshots.list('production')).toMatchObject([
      { id: `snapshot-${idAt(4)}`, problem: expect.stringContaining('damaged') },
      { id: `snapshot-${idAt(3)}`, version: 'v1' },
    ]);
  });

  it('given many, when the newest are listed, then they are the newest by name, and no other is read', async () => {
    const { store, snapshots } = snapshotsIn();
    for (const minute of [3, 1, 5, 2, 4]) await snapshots.save(snapshot(idAt(minute)));
    const get = vi.spyOn(store, 'get');
    expect((await snapshots.list('production', 2)).map(({ id }) => id)).toEqual([`snapshot-${idAt(5)}`, `snapshot-${idAt(4)}`]);
    expect(get).toHaveBeenCalledTimes(2);
  });

  it('given a snapshot that is changed in place, when it is listed, then the list says so', async () => {
    const { store, snapshots, dir } = snapshotsIn();
    await saveWhole(store, snapshots, idAt(1));
    expect((await snapshots.list('production'))[0]).toMatchObject({ version: 'v1' });
    writeFileSync(join(dir, `snapshot-${idAt(1)}.json`), '[]');
    expect((await snapshots.list('production'))[0]).toMatchObject({ problem: expect.stringMatching(/damaged|format/) });
  });

  it('given a folder that may not be written, when it is listed, then it is shown all the same', async () => {
    const { store, snapshots, dir } = snapshotsIn();
    await saveWhole(store, snapshots, idAt(1));
    chmodSync(dir, 0o500);
    expect(await snapshots.list('production')).toHaveLength(1);
    chmodSync(dir, 0o700);
  });

  it('given many saves, lists and evictions side by side, when all are over, then the list is what is there, and each of it can be read', async () => {
    const { store, snapshots } = snapshotsIn();
    const minutes = Array.from({ length: 12 }, (_, minute) => minute + 1);
    const other = () => new SnapshotStore(store, 'shop');
    await Promise.all(
      minutes.flatMap((minute) => [
        other().save(snapshot(idAt(minute))),
        other().list('production'),
        ...(minute % 4 === 0 ? [prune(other(), 'production', 10)] : []),
      ]),
    );
    const listed = await snapshots.list('production');
    expect(listed.filter((each) => 'problem' in each)).toEqual([]);
    expect(listed.map(({ id }) => id)).toEqual(await snapshots.ids('production'));
    expect(listed[0]?.id).toBe(`snapshot-${idAt(12)}`);
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
