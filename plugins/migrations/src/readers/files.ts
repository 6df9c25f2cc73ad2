import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file as text, or why it is none. */
export interface Source {
  /** Relative to the folder that is read, with `/`. */
  readonly file: string;
  /** Empty where it cannot be read as text. */
  readonly text: string;
  readonly opaque?: string;
}

export const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

type Kind = 'file' | 'folder' | 'broken';

function kindOf(path: string): Kind | undefined {
  try {
    const stats = statSync(path);
    // What is neither, such as a pipe, would keep a reader waiting for ever.
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : undefined;
  } catch {
    return 'broken';
  }
}

const named = (folder: string, isWanted: (kind: Kind) => boolean): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => {
      const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : kindOf(join(folder, entry.name));
      return kind !== undefined && isWanted(kind);
    })
    .map(({ name }) => name)
    .sort(compareText);

/**
 * The names of the files of a folder, sorted; links count as what they point at. A link to nowhere is among them: a tool
 * would try to read it, and so it becomes an opaque script. Throws where the folder cannot be read.
 */
export const filesIn = (folder: string): string[] => named(folder, (kind) => kind !== 'folder');

/** The names of the folders in a folder, sorted; links count as what they point at. Throws where it cannot be read. */
export const foldersIn = (folder: string): string[] => named(folder, (kind) => kind === 'folder');

export const isFolder = (path: string): boolean => kindOf(path) === 'folder';
export const isFile = (path: string): boolean => kindOf(path) === 'file';

/** What a tool does with a byte order mark at the start: most send it to the database, which then refuses the text. */
export interface Encoding {
  readonly bom?: 'skipped';
}

/** Reads a file as UTF-8. What is something else is opaque: a database would get other bytes than a person sees. Never throws. */
export function sourceOf(folder: string, file: string, { bom }: Encoding = {}): Source {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(folder, file));
  } catch (error) {
    return { file, text: '', opaque: `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}` };
  }
  const problem = encodingProblem(bytes);
  if (problem !== undefined) return { file, text: '', opaque: problem };
  const text = bytes.toString('utf8');
  return { file, text: bom === 'skipped' ? text.replace(/^\uFEFF/, '') : text };
}

function encodingProblem(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 2).toString('hex');
  if (start === 'fffe' || start === 'feff') return 'it is UTF-16, and not UTF-8';
  if (bytes.includes(0)) return 'it holds a NUL byte, which ends a text for PostgreSQL';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    return 'it is not UTF-8';
  }
}

/** How many files, and how much of each, are looked at to recognise a tool. */
const LOOKED_AT = { files: 40, bytes: 16_384 };

/** Does the beginning of one of these files match? Never throws. */
export const oneBegins = (folder: string, names: readonly string[], pattern: RegExp): boolean =>
  names.slice(0, LOOKED_AT.files).some((name) => pattern.test(beginningOf(join(folder, name))));

function beginningOf(path: string): string {
  try {
    const handle = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(LOOKED_AT.bytes);
      return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
}
