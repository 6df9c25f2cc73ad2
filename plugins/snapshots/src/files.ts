import { createHash } from 'node:crypto';
import type { CapturedPart, Seal, Snapshot, SnapshotFile, Store } from '@ship/core';
import { errors } from './errors.js';
import { fileName, folderOf } from './names.js';

const OBJECT = /^objects\/(?:.+\/)?([0-9a-f]{64})$/;
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A file that is to lie beside a snapshot. */
interface Beside {
  readonly name: string;
  readonly content: string | Buffer;
  /** It holds values of a tool, which may be secret. */
  readonly sealed: boolean;
}

/** What lies beside a snapshot: its config, and the files of its parts. */
export function filesBeside(id: string, config: unknown, parts: Readonly<Record<string, CapturedPart>>): Beside[] {
  const ofParts = Object.entries(parts).flatMap(([part, { files = {} }]) =>
    Object.entries(files).map(([ending, content]) => ({ name: fileName(id, part, ending), content, sealed: true })),
  );
  return [{ name: fileName(id, 'config', 'json'), content: `${JSON.stringify(config, null, 2)}\n`, sealed: false }, ...ofParts];
}

/** Writes them, durably; a snapshot that is there finds all of its files. Answers what the snapshot says of them. */
export async function writeFiles(
  store: Store,
  environment: string,
  files: readonly Beside[],
  seal: Seal | undefined,
): Promise<Record<string, SnapshotFile>> {
  const written: Record<string, SnapshotFile> = {};
  for (const { name, content, sealed } of files) {
    const plain = Buffer.from(content);
    const bytes = sealed && seal ? await seal.close(plain) : plain;
    await store.put(`${folderOf(environment)}/${name}`, bytes);
    written[name] = { sha256: hashOf(bytes), size: bytes.length, ...(sealed && seal ? { sealed: true as const } : {}) };
  }
  return written;
}

/** A file beside a snapshot, as it was written, opened where it is sealed. */
export async function readBeside(
  store: Store,
  { id, environment, files = {} }: Snapshot,
  name: string,
  seal: Seal | undefined,
): Promise<Buffer> {
  const about = files[name];
  if (about === undefined) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem: `it has no file ${name}` });
  const stored = await store.get(`${folderOf(environment)}/${name}`);
  const problem = problemOf(name, about, stored?.value);
  if (problem !== undefined) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem });
  if (!about.sealed) return stored!.value;
  if (seal === undefined) throw errors.SHIP_SNAPSHOT_SEALED({ name, reason: 'the options of the plugin name no `encryption`' });
  return seal.open(name, stored!.value);
}

/** What is wrong with what lies beside a snapshot: files and objects that are gone, or are not what they were. */
export async function problemsBeside(store: Store, { environment, files = {}, objects = [] }: Snapshot): Promise<string[]> {
  const problems: (string | undefined)[] = [];
  for (const [name, about] of Object.entries(files))
    problems.push(problemOf(name, about, (await store.get(`${folderOf(environment)}/${name}`))?.value));
  for (const key of objects) problems.push(problemOfObject(key, (await store.get(key))?.value));
  return problems.filter((problem) => problem !== undefined);
}

function problemOf(name: string, { sha256, size }: SnapshotFile, bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined) return `its file ${name} is gone`;
  return bytes.length === size && hashOf(bytes) === sha256 ? undefined : `its file ${name} is not what it was`;
}

function problemOfObject(key: string, bytes: Buffer | undefined): string | undefined {
  const [, hash] = OBJECT.exec(key) ?? [];
  if (bytes === undefined) return `its object ${key} is gone`;
  return hash === undefined || hashOf(bytes) === hash ? undefined : `its object ${key} is not what it was`;
}
