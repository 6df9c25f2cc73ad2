import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Diagnostic, failed, isUnknown, type Unknown } from './wire.js';

/** The type of the one resource. */
export const FILES_FILE = 'files_file';

/** Its attributes; a plan may not know them yet. */
export interface Planned {
  /** Where the file lies; another path is another file. */
  readonly path: string | Unknown;
  readonly content: string | Unknown;
  /** How long it is under way to be made. */
  readonly delay_ms: number | Unknown | null;
  readonly id: string | Unknown | null;
}

/** Its attributes, all known. */
export interface FilesFile extends Planned {
  readonly path: string;
  readonly content: string;
  readonly delay_ms: number | null;
  readonly id: string;
}

const attribute = (name: string, type: 'string' | 'number', use: 'required' | 'optional' | 'computed') => ({
  name,
  type: Buffer.from(JSON.stringify(type)),
  [use]: true,
});

/** The schema of the resource. */
export const schema = {
  version: 0,
  block: {
    attributes: [
      attribute('path', 'string', 'required'),
      attribute('content', 'string', 'required'),
      attribute('delay_ms', 'number', 'optional'),
      attribute('id', 'string', 'computed'),
    ],
  },
};

/** A relative path would be one of the provider's own folder, which nobody means. */
export const problemsOf = ({ path }: Pick<Planned, 'path'>): Diagnostic[] =>
  isUnknown(path) || isAbsolute(path) ? [] : [failed('The path is not absolute', `"${path}" does not begin with "/".`, 'path')];

/** What is there now; null where the file is gone. */
export const lookAt = (file: FilesFile): FilesFile | null =>
  existsSync(file.path) ? { ...file, content: readFileSync(file.path, 'utf8'), id: file.path } : null;

/** What an apply would make, and the attributes that cannot be changed in place. */
export function plan(prior: FilesFile | null, proposed: Planned | null): { planned: Planned | null; replaces: string[] } {
  if (proposed === null) return { planned: null, replaces: [] };
  const isMoved = prior !== null && prior.path !== proposed.path;
  return { planned: { ...proposed, id: proposed.path }, replaces: isMoved ? ['path'] : [] };
}

/** Makes, changes or removes the file. What is only half done is told as it is, with the problem. */
export async function apply(prior: FilesFile | null, planned: FilesFile | null, signal: AbortSignal): Promise<Applied> {
  if (planned === null) {
    if (prior !== null) rmSync(prior.path, { force: true });
    return { state: null };
  }
  // One that is there belongs to somebody else.
  if (prior === null) writeFileSync(planned.path, '', { flag: 'wx' });
  try {
    if (prior === null) await pause(planned.delay_ms ?? 0, undefined, { signal });
    write(planned);
    return { state: planned };
  } catch (problem) {
    return { state: lookAt(planned), problem: problem as Error };
  }
}

/** What came of it. */
export interface Applied {
  readonly state: FilesFile | null;
  readonly problem?: Error;
}

/** The content that cannot be written whole. */
const FAILS = 'fail';

function write({ path, content }: FilesFile): void {
  const isWhole = content !== FAILS;
  writeFileSync(path, isWhole ? content : content.slice(0, 2));
  if (!isWhole) throw new Error(`only half of ${path} could be written`);
}
