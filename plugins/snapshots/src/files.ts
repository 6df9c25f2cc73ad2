import { createHash } from 'node:crypto';
import { byOrder, type CapturedPart, type Encryption, type Json, type Snapshot, type SnapshotFile, type Store, sha256 } from '@ship/core';
import { errors } from './errors.js';

const PREFIX = 'snapshot-';
const SUFFIX = '.json';

/** What a person may give as an id. */
export const ID = /^snapshot-[0-9A-Za-z.-]{1,80}$/;

/** The name of a part or `config`, the time of the snapshot, and the ending. */
const BESIDE = /^(?!snapshot-)[a-z0-9_-]+-(\d{4}-\d\d-\d\dT.+Z(?:-\d+)?-[a-z0-9]+)\.[A-Za-z0-9._-]+$/;

/** Where the snapshots of an environment lie. */
export const folderOf = (environment: string): string => `snapshots/${environment}`;

/** Where a snapshot lies. */
export const keyOf = (environment: string, id: string): string => `${folderOf(environment)}/${id}${SUFFIX}`;

/** The id of a snapshot by the name of its file; undefined where that is none. */
const idOf = (name: string): string | undefined =>
  name.startsWith(PREFIX) && name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined;

/** The ids among the keys of a folder, oldest first. */
export const idsIn = (keys: readonly string[]): string[] =>
  keys
    .map((key) => idOf(key.slice(key.lastIndexOf('/') + 1)))
    .filter((id) => id !== undefined)
    .sort(byOrder);

/** The name of a file beside a snapshot, of a part or of the config: the same time, another beginning. */
export const fileName = (id: string, part: string, ending: string): string => `${part}-${id.slice(PREFIX.length)}.${ending}`;

/** The snapshot that a file lies beside, by its name; undefined where it is no such file. */
export function ownerOf(name: string): string | undefined {
  const [, stamp] = BESIDE.exec(name) ?? [];
  return stamp === undefined ? undefined : `${PREFIX}${stamp}`;
}

/** An id as people give it, with or without its beginning. */
export const wholeId = (given: string): string => (given.startsWith(PREFIX) ? given : `${PREFIX}${given}`);

/** What every id begins with says nothing, and may come of a variable that is not set: `snapshot-$ID`. */
export const saysNothing = (given: string): boolean => given !== '' && PREFIX.startsWith(given);

const OBJECT = /^objects\/(?:.+\/)?([0-9a-f]{64})$/;
const PARTS_1 = ['terraform', 'migrations', 'helm_values'] as const;

/** A snapshot of format 1, which knew three parts; null where there was none. */
type Snapshot1 = Omit<Snapshot, 'format' | 'parts'> & { readonly format: 1 } & Readonly<Record<(typeof PARTS_1)[number], Json>>;

/** The text of a snapshot's file: closed by a hash over all the rest. */
export function writeSnapshot(snapshot: Snapshot | Snapshot1): string {
  return `${JSON.stringify({ ...snapshot, content_hash: sha256(JSON.stringify(snapshot)) }, null, 2)}\n`;
}

/** Reads a snapshot's file. What is not exactly what was written is refused; one of format 1 becomes one of format 2. */
export function readSnapshot(id: string, text: string): Snapshot {
  const { content_hash: _, ...snapshot } = parse(id, text);
  const { format } = snapshot;
  if (format !== 1 && format !== 2) throw errors.SHIP_SNAPSHOT_FORMAT({ id, format });
  if (writeSnapshot(snapshot) !== text) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: 'its hash does not hold' });
  if (snapshot.id !== id) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: `it says that it is ${snapshot.id}` });
  return snapshot.format === 1 ? upgraded(snapshot) : snapshot;
}

function upgraded({ terraform, helm_values, migrations, ...rest }: Snapshot1): Snapshot {
  const values = { terraform, migrations, helm_values };
  const held = PARTS_1.filter((name) => values[name] !== null);
  return { ...rest, format: 2, parts: Object.fromEntries(held.map((name) => [name, values[name]])) };
}

function parse(id: string, text: string): (Snapshot | Snapshot1) & { readonly content_hash: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) throw new Error('it is not an object');
    return value as (Snapshot | Snapshot1) & { readonly content_hash: string };
  } catch (cause) {
    throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: (cause as Error).message }, { cause });
  }
}

/** A file that is to lie beside a snapshot. */
interface Beside {
  readonly name: string;
  readonly content: string | Buffer;
  /** It is of a part: it holds values of a tool, which may be secret. */
  readonly isSecret: boolean;
}

/** What lies beside a snapshot: its config, and the files of its parts. */
export function filesBeside(id: string, config: unknown, parts: Readonly<Record<string, CapturedPart>>): Beside[] {
  const ofParts = Object.entries(parts).flatMap(([part, { files = {} }]) =>
    Object.entries(files).map(([ending, content]) => ({ name: fileName(id, part, ending), content, isSecret: true })),
  );
  return [{ name: fileName(id, 'config', 'json'), content: `${JSON.stringify(config, null, 2)}\n`, isSecret: false }, ...ofParts];
}

/** Writes them, durably; a snapshot that is there finds all of its files. Answers what the snapshot says of them. */
export async function writeFiles(
  store: Store,
  environment: string,
  files: readonly Beside[],
  encryption: Encryption | undefined,
): Promise<Record<string, SnapshotFile>> {
  const written: Record<string, SnapshotFile> = {};
  for (const { name, content, isSecret } of files) {
    const plain = Buffer.from(content);
    const isEncrypted = isSecret && encryption !== undefined;
    const bytes = isEncrypted ? await encryption.encrypt(plain) : plain;
    await store.put(`${folderOf(environment)}/${name}`, bytes);
    written[name] = { sha256: sha256(bytes), size: bytes.length, ...(isEncrypted ? { sealed: true as const } : {}) };
  }
  return written;
}

/** A file beside a snapshot, as it was written, decrypted where it is encrypted. */
export async function readBeside(
  store: Store,
  { id, environment, files = {} }: Snapshot,
  name: string,
  encryption: Encryption | undefined,
): Promise<Buffer> {
  const about = files[name];
  if (about === undefined) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: `it has no file ${name}` });
  const stored = await store.get(`${folderOf(environment)}/${name}`);
  const problem = problemOf(name, about, stored?.value);
  if (problem !== undefined) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem });
  if (!about.sealed) return stored!.value;
  if (encryption === undefined) throw errors.SHIP_SNAPSHOT_SEALED({ name, reason: 'the options of the plugin name no `encryption`' });
  return encryption.decrypt(name, stored!.value);
}

/** What is wrong with what lies beside a snapshot: files and objects that are gone, or are not what they were. */
export async function problemsBeside(store: Store, { environment, files = {}, objects = [] }: Snapshot): Promise<string[]> {
  const problems: (string | undefined)[] = [];
  for (const [name, about] of Object.entries(files))
    problems.push(problemOf(name, about, (await store.get(`${folderOf(environment)}/${name}`))?.value));
  for (const key of objects) problems.push(await problemOfObject(store, key));
  return problems.filter((problem) => problem !== undefined);
}

function problemOf(name: string, { sha256: expected, size }: SnapshotFile, bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined) return `its file ${name} is gone`;
  return bytes.length === size && sha256(bytes) === expected ? undefined : `its file ${name} is not what it was`;
}

/** An object may be larger than memory. */
async function problemOfObject(store: Store, key: string): Promise<string | undefined> {
  const [, named] = OBJECT.exec(key) ?? [];
  const pieces = await (store.read?.(key) ?? store.get(key).then((stored) => stored && [stored.value]));
  if (pieces === undefined) return `its object ${key} is gone`;
  if (named === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex') === named ? undefined : `its object ${key} is not what it was`;
}
