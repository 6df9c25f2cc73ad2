import { join } from 'node:path';
import type { Flaw, Migration, Reader, Script } from '../migration.js';
import { knownDialect } from './dialects.js';
import { filesIn, foldersIn, isFile, type Source, sourceOf } from './files.js';
import { duplicates, refused, stray } from './flaws.js';
import { scriptFrom } from './script.js';

const JOURNAL = 'meta/_journal.json';
/** Between the statements of a file. */
export const BREAKPOINT = '--> statement-breakpoint';

interface Entry {
  readonly tag: string;
  readonly when: number;
}

/** Drizzle: `meta/_journal.json` names the files and their order; newer ones have a folder for each, with a snapshot.json. It knows no way back. */
export const drizzle: Reader = {
  name: 'drizzle',
  recognises: (folder) => isFile(join(folder, JOURNAL)) || foldersIn(folder).some((name) => isV1(folder, name)),
  read: (folder) => (isFile(join(folder, JOURNAL)) ? readJournal(folder) : readFolders(folder)),
};

function readJournal(folder: string) {
  const { entries, dialect } = journalIn(folder);
  if (entries === undefined) return { migrations: [], flaws: [refused('Drizzle', `${JOURNAL} is no journal`, JOURNAL)] };
  const names = filesIn(folder);
  const missing = entries.filter(({ tag }) => !names.includes(`${tag}.sql`));
  const known = new Set(entries.map(({ tag }) => `${tag}.sql`));
  const flaws: Flaw[] = [
    ...missing.map(({ tag }) => refused('Drizzle', `${tag}.sql is in the journal, and not there`, `${tag}.sql`)),
    ...duplicates(
      'the entry',
      entries.map(({ tag }) => ({ id: tag, file: `${tag}.sql` })),
    ),
    ...entries.flatMap(({ tag, when }, index) => (entries.slice(0, index).some((before) => before.when >= when) ? [late(tag)] : [])),
    ...names.filter((name) => name.endsWith('.sql') && !known.has(name)).map((name) => stray(name, 'the journal of Drizzle')),
  ];
  const migrations = entries.map(({ tag }): Migration => migrationOf(tag, sourceOf(folder, `${tag}.sql`)));
  return { migrations, flaws, ...knownDialect(dialect) };
}

function readFolders(folder: string) {
  const names = foldersIn(folder).filter((name) => isFile(join(folder, name, 'migration.sql')));
  const migrations = names.map((name): Migration => migrationOf(name, sourceOf(folder, `${name}/migration.sql`)));
  return {
    migrations,
    flaws: [],
    ...knownDialect(names.map((name) => textIn(parsed(sourceOf(folder, `${name}/snapshot.json`)), 'dialect')).find(Boolean) ?? ''),
  };
}

const isV1 = (folder: string, name: string): boolean =>
  isFile(join(folder, name, 'migration.sql')) && isFile(join(folder, name, 'snapshot.json'));

const migrationOf = (id: string, source: Source): Migration => ({
  id,
  name: id.replace(/^\d+_/, ''),
  up: statementsOf(source),
  down: 'none',
});

/** It cuts at every marker, wherever it stands, and sends the parts one by one. */
function statementsOf(source: Source): Script[] {
  const scripts: Script[] = [];
  let start = 0;
  for (const part of source.text.split(BREAKPOINT)) {
    scripts.push(scriptFrom(source, {}, start, start + part.length));
    start += part.length + BREAKPOINT.length;
  }
  return scripts;
}

/** It compares times with that of the last one applied, and not one by one with all of them. */
const late = (tag: string): Flaw => ({
  level: 'warn',
  rule: 'out-of-order',
  message: `${tag} is not newer than one before it in the journal: where that one is applied already, Drizzle skips it`,
  file: `${tag}.sql`,
});

function journalIn(folder: string): { entries: Entry[] | undefined; dialect: string } {
  const journal = parsed(sourceOf(folder, JOURNAL));
  const dialect = textIn(journal, 'dialect') ?? '';
  const entries = (journal as { entries?: unknown } | undefined)?.entries;
  const isEntry = (entry: Partial<Entry> | null): entry is Entry => typeof entry?.tag === 'string' && typeof entry.when === 'number';
  return { dialect, entries: Array.isArray(entries) && entries.every(isEntry) ? entries : undefined };
}

function parsed({ text }: Source): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textIn(value: unknown, key: string): string | undefined {
  const found = (value as Record<string, unknown> | null | undefined)?.[key];
  return typeof found === 'string' ? found : undefined;
}
