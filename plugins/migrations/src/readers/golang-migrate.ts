import type { Dialect, Flaw, History, Migration, Reader, Script } from '../migration.js';
import { dialectNamed, perDialect, pickDialect } from './dialects.js';
import { compareText, filesIn, oneBegins, sourceOf } from './files.js';
import { compareNumbers, downWithoutUp, duplicates, gaps, grouped, numberOf, stray } from './flaws.js';
import { anyPlaceholderIn } from './placeholder.js';
import { opaqueScript, scriptFrom } from './script.js';

/** As the tool's own pattern has it. */
const NAME = /^([0-9]+)_(.*)\.(up|down)\.(.*)$/;
/** What pop, and ory/x after it, put behind a title: the database that it is for, and that it runs outside of a transaction. */
const TITLE = /^([^.]+)(?:\.([a-z0-9]+))?(\.autocommit)?$/;
/** The tool reads a version into 64 bits, and skips what does not fit. */
const LARGEST_VERSION = 2n ** 64n - 1n;

interface File {
  readonly file: string;
  /** As it stands in the name. */
  readonly digits: string;
  readonly title: string;
  readonly isUp: boolean;
  readonly extension: string;
  /** Undefined: for all. */
  readonly dialect: Dialect | 'other' | undefined;
  readonly isAutocommit: boolean;
}

/**
 * golang-migrate: `{version}_{title}.up.sql` and `.down.sql`. Of pop it takes one file for each database, `….postgres.up.sql`,
 * beside a general one that stands in for those that have none.
 */
export const golangMigrate: Reader = perDialect({
  name: 'golang-migrate',
  recognises(folder) {
    const names = filesIn(folder).filter((name) => NAME.test(name) && /\.(?:sql|fizz)$/.test(name));
    // dbmate takes any name that starts with digits.
    return names.length > 0 && !oneBegins(folder, names, /^-- *migrate:up/m);
  },
  read(folder, wanted = {}) {
    const names = filesIn(folder);
    const all = names.flatMap(fileNamed);
    const isPop = all.some(({ dialect, isAutocommit }) => dialect !== undefined || isAutocommit);
    const files = isPop ? all : all.filter(({ digits }) => BigInt(digits) <= LARGEST_VERSION);
    const picked = pickDialect(
      files.flatMap(({ dialect }) => (dialect === undefined || dialect === 'other' ? [] : [dialect])),
      wanted.dialect,
    );
    const dialect = picked.dialect ?? wanted.dialect;
    // golang-migrate reads a number, and pop compares texts.
    const idOf = ({ digits }: File) => (isPop ? digits : numberOf(digits));
    const versions = grouped(files, idOf);
    const flaws: Flaw[] = [...picked.flaws];
    const migrations = [...versions]
      .sort(([one], [other]) => (isPop ? compareText(one, other) : compareNumbers(one, other)))
      .flatMap(([id, group]): Migration[] => {
        const ups = forDialect(
          group.filter(({ isUp }) => isUp),
          dialect,
        );
        const downs = forDialect(
          group.filter(({ isUp }) => !isUp),
          dialect,
        );
        flaws.push(...duplicates('the up of', claims(id, ups)), ...duplicates('the down of', claims(id, downs)));
        // What is for another database alone is nothing here.
        if (ups.length + downs.length === 0) return [];
        if (ups.length === 0) flaws.push(downWithoutUp(downs[0]!.file));
        const scripts = (found: readonly File[]) => found.map((file) => scriptOf(folder, file, isPop, dialect));
        const [first = downs[0]!] = ups;
        return [{ id, name: first.title, up: scripts(ups), down: downs.length === 0 ? 'none' : scripts(downs) }];
      });
    flaws.push(...gaps([...versions.keys()].map(numberOf)), ...strays(names, files));
    return { migrations, flaws, ...(picked.dialect !== undefined && { dialect: picked.dialect }) } satisfies History;
  },
});

function fileNamed(file: string): File[] {
  const [, digits, title = '', direction, extension = ''] = NAME.exec(file) ?? [];
  if (digits === undefined) return [];
  const [, plain = title, suffix, autocommit] = TITLE.exec(title) ?? [];
  const dialect = suffix === undefined ? undefined : dialectNamed(suffix);
  const isAutocommit = autocommit !== undefined || (suffix === 'autocommit' && dialect === undefined);
  const isMarked = dialect !== undefined || isAutocommit;
  return [{ file, digits, title: isMarked ? plain : title, isUp: direction === 'up', extension, dialect, isAutocommit }];
}

/** Those of the dialect; where there are none, the general ones. */
function forDialect(files: readonly File[], dialect: Dialect | undefined): File[] {
  const own = files.filter((file) => file.dialect !== undefined && file.dialect === dialect);
  return own.length > 0 ? own : files.filter((file) => file.dialect === undefined);
}

const claims = (id: string, files: readonly File[]) => files.map(({ file }) => ({ id, file }));

function scriptOf(folder: string, { file, extension, isAutocommit }: File, isPop: boolean, dialect: Dialect | undefined): Script {
  const source = sourceOf(folder, file);
  if (extension !== 'sql') return opaqueScript(source, `it is ${extension}, and no SQL`);
  // golang-migrate sends a file as it is: only in SQLite it opens a transaction. pop opens one, and fills in Go templates first.
  if (!isPop) return scriptFrom(source, { outsideTransaction: dialect !== 'sqlite' });
  return scriptFrom(source, { outsideTransaction: isAutocommit, opaque: anyPlaceholderIn(source.text, /\{\{[\s\S]*?\}\}/) });
}

const strays = (names: readonly string[], files: readonly File[]): Flaw[] => {
  const read = new Set(files.map(({ file }) => file));
  return names.filter((name) => name.endsWith('.sql') && !read.has(name)).map((name) => stray(name, 'golang-migrate'));
};
