import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { type Encryption, MemoryStore } from '../src/index.js';
import { FileStore } from '../src/store/file.js';
import { collect, objectsIn } from '../src/store/values.js';
import { ForwardingStore } from '../src/store/wrappers.js';

const MIB = 1024 ** 2;

/** Bytes that differ from piece to piece. */
async function* pieces(count: number, length = MIB): AsyncIterable<Buffer> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(length, index);
}

/** A store of a plugin that knows no streams, behind what the kernel lays before each store. */
class WholeStore extends ForwardingStore {
  readonly #memory = new MemoryStore();
  protected get behind() {
    return Object.assign(Object.create(this.#memory), {
      write: undefined,
      read: undefined,
      get: (key: string) => this.#memory.get(key),
      put: (key: string, value: Buffer) => this.#memory.put(key, value),
      name: 'whole',
    });
  }
}

/** Anything but encryption: each byte is turned over, and a first one says so. */
const turned: Encryption = {
  encrypt: async (bytes) => collect(turned.encryptStream(once(bytes))),
  decrypt: async (name, bytes) => collect(turned.decryptStream(name, once(bytes))),
  async *encryptStream(plain) {
    yield Buffer.from('!');
    for await (const piece of plain) yield piece.map((byte) => 255 - byte);
  },
  async *decryptStream(_name, encrypted) {
    let isFirst = true;
    for await (const piece of encrypted) {
      if (isFirst && piece[0] !== 33) throw new Error('this is not encrypted');
      yield (isFirst ? piece.subarray(1) : piece).map((byte) => 255 - byte);
      isFirst = false;
    }
  },
};

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

describe('objects as streams', () => {
  it('given what is larger than it may take of memory, when it is written and read, then the process stays small', async () => {
    const objects = objectsIn(new FileStore(temporaryFolder()), () => undefined);
    const before = process.memoryUsage.rss();
    let most = before;
    const look = () => {
      most = Math.max(most, process.memoryUsage.rss());
    };
    async function* source() {
      for await (const piece of pieces(300)) {
        yield piece;
        look();
      }
    }
    const key = await objects.write(source());
    let length = 0;
    for await (const piece of objects.read(key)) {
      length += piece.length;
      look();
    }
    expect(length).toBe(300 * MIB);
    expect((most - before) / MIB).toBeLessThan(150);
  });

  it.each([
    ['a folder', () => new FileStore(temporaryFolder())],
    ['memory', () => new MemoryStore()],
    ['a store without streams', () => new WholeStore()],
  ])('given %s, when the same is written and put, then it is one object, and each is read either way', async (_, make) => {
    const objects = objectsIn(make(), () => undefined);
    const bytes = await collect(pieces(3, 1000));
    const key = await objects.write(pieces(3, 1000));
    expect(await objects.put(bytes)).toBe(key);
    expect(bytes.equals(await objects.get(key))).toBe(true);
    expect(bytes.equals(await collect(objects.read(key)))).toBe(true);
  });

  it('given a store without streams, when more comes than may be held in memory, then SHIP_OBJECT_TOO_LARGE, long before its end', async () => {
    let taken = 0;
    async function* endless() {
      for await (const piece of pieces(1000)) {
        taken += 1;
        yield piece;
      }
    }
    await expect(objectsIn(new WholeStore(), () => undefined).write(endless())).rejects.toMatchObject({
      code: 'SHIP_OBJECT_TOO_LARGE',
      message: 'the store whole takes objects only whole, and this one is larger than 64 MiB',
    });
    expect(taken).toBe(65);
  });

  it('given encryption, when it is written, then what lies there is encrypted, and it is read back; without it, it is not', async () => {
    const store = new FileStore(temporaryFolder());
    const objects = objectsIn(store, () => turned);
    const key = await objects.write(pieces(2, 1000));
    expect(key).toMatch(/^objects\/sealed\//);
    expect((await store.get(key))!.value.subarray(0, 3)).toEqual(Buffer.from([33, 255, 255]));
    expect((await collect(pieces(2, 1000))).equals(await collect(objects.read(key)))).toBe(true);
    await expect(collect(objectsIn(store, () => undefined).read(key))).rejects.toThrow('is encrypted, and nothing here can open it');
  });

  it.each([
    ['plain', undefined],
    ['encrypted', turned],
  ])(
    'given an %s object that is cut, turned or gone, when it is read, then SHIP_OBJECT_DAMAGED comes before its end',
    async (_, encryption) => {
      const folder = temporaryFolder();
      const objects = objectsIn(new FileStore(folder), () => encryption);
      const damages = [
        (path: string) => truncateSync(path, statSync(path).size - 1),
        (path: string) => writeFileSync(path, readFileSync(path).fill('x', 0, 1)),
        (path: string) => writeFileSync(path, readFileSync(path).fill('x', 1_000_000, 1_000_001)),
      ];
      for (const damage of damages) {
        const key = await objects.write(pieces(2));
        damage(join(folder, key));
        await expect(collect(objects.read(key))).rejects.toMatchObject({
          code: 'SHIP_OBJECT_DAMAGED',
          message: expect.stringContaining('not what it was'),
        });
        await expect(objects.get(key)).rejects.toMatchObject({ code: 'SHIP_OBJECT_DAMAGED' });
        // Written again, it is whole.
        expect(await objects.write(pieces(2))).toMatch(encryption ? /sealed/ : key);
        if (!encryption) expect((await objects.get(key)).length).toBe(2 * MIB);
      }
      await expect(collect(objects.read(`objects/${'0'.repeat(64)}`))).rejects.toThrow('is gone');
    },
  );

  it('given a file that a process left half written, when another is written, then it goes after a day, and one of a moment ago stays', async () => {
    const folder = temporaryFolder();
    const [old, recent] = ['incoming.0123456789ab.tmp', 'incoming.ba9876543210.tmp'];
    for (const name of [old, recent, 'incoming.txt']) writeFileSync(join(folder, name), 'half');
    for (const name of [old, 'incoming.txt']) utimesSync(join(folder, name), 0, 0);
    await objectsIn(new FileStore(folder), () => undefined).write(pieces(1, 10));
    expect(readdirSync(folder).sort()).toEqual([recent, 'incoming.txt', 'objects']);
  });

  it('given a written object, when it is looked at, then it is for its owner alone, and nothing temporary is left', async () => {
    const folder = temporaryFolder();
    const key = await objectsIn(new FileStore(folder), () => undefined).write(pieces(1, 10));
    expect(statSync(join(folder, key)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['objects', key]);
  });
});
