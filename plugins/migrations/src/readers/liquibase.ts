import { join } from 'node:path';
import type { Dialect, Flaw, Migration, Reader, Script } from '../migration.js';
import { dialectNamed } from './dialects.js';
import { compareText, filesIn, foldersIn, oneBegins, type Source, sourceOf } from './files.js';
import { duplicates } from './flaws.js';
import { type Changeset, parseFormatted } from './liquibase-sql.js';
import { anyPlaceholderIn } from './placeholder.js';
import { opaqueBothWays, opaqueScript } from './script.js';

const CHANGELOG = /\.(?:sql|xml|ya?ml|json)$/;
const FORMATTED = /^\s*--\s*liquibase\s*formatted/i;

/** Liquibase: changelogs in formatted SQL, with several changesets in a file. Those in XML, YAML and JSON are opaque. */
export const liquibase: Reader = {
  name: 'liquibase',
  recognises: (folder) => {
    const paths = changelogsIn(folder);
    return (
      oneBegins(
        folder,
        paths.filter((path) => path.endsWith('.sql')),
        /^\uFEFF?(?:\s*\n)*\s*--\s*liquibase\s*formatted/i,
      ) ||
      oneBegins(
        folder,
        paths.filter((path) => !path.endsWith('.sql')),
        /\bdatabaseChangeLog\b/,
      )
    );
  },
  read(folder, { dialect } = {}) {
    const flaws: Flaw[] = [];
    const sources = changelogsIn(folder).map((path) => sourceOf(folder, path, { bom: 'skipped' }));
    const logs = inOrder(sources.filter(isChangelog), flaws);
    const migrations = logs.flatMap((source) =>
      source.file.endsWith('.sql') ? changesetsIn(source, dialect, flaws) : [otherFormat(source)],
    );
    flaws.push(
      ...duplicates(
        'the changeset',
        migrations.map(({ id, up }) => ({ id, file: up[0]?.file ?? id })),
      ),
    );
    return { migrations, flaws };
  },
};

function changelogsIn(folder: string, prefix = '', depth = 0): string[] {
  const here = join(folder, prefix);
  const below = depth > 8 ? [] : foldersIn(here).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  return [
    ...filesIn(here)
      .filter((name) => CHANGELOG.test(name))
      .map((name) => `${prefix}${name}`),
    ...below.flatMap((name) => changelogsIn(folder, `${prefix}${name}/`, depth + 1)),
  ].sort(compareText);
}

/** What cannot be read might be one. Other SQL is what changelogs load. */
const isChangelog = ({ file, text, opaque }: Source): boolean =>
  opaque !== undefined || (file.endsWith('.sql') ? FORMATTED.test(text) : /\bdatabaseChangeLog\b/.test(text));

const holdsChangesets = ({ text }: Source): boolean => /\bchangeSet\b/.test(text);

/**
 * A changelog without changesets only includes others, in an order of its own. Where it names all of them one by one, that order
 * is the one; else it is that of their paths, as `includeAll` has it.
 */
function inOrder(logs: readonly Source[], flaws: Flaw[]): Source[] {
  const isIndex = (source: Source) => !source.file.endsWith('.sql') && source.opaque === undefined && !holdsChangesets(source);
  const indexes = logs.filter(isIndex);
  const others = logs.filter((source) => !isIndex(source));
  const [index] = indexes;
  if (index === undefined) return others;
  const places = new Map(others.map((source) => [source, placeOf(source.file, index.text)]));
  const isComplete = indexes.length === 1 && [...places.values()].every((place) => place !== undefined);
  if (isComplete) return others.sort((one, other) => places.get(one)! - places.get(other)!);
  if (!/includeAll/.test(index.text) || indexes.length > 1) {
    const message = `${indexes.map(({ file }) => file).join(' and ')} give the order, and do not name each file once: the order of their paths is taken`;
    flaws.push({ level: 'warn', rule: 'order-assumed', message, file: index.file });
  }
  return others;
}

/** Where a changelog names a file, if it does so once. */
function placeOf(file: string, text: string): number | undefined {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const at = text.indexOf(name);
  return at === -1 || text.indexOf(name, at + 1) !== -1 ? undefined : at;
}

const otherFormat = (source: Source): Migration => ({
  id: source.file,
  name: '',
  ...opaqueBothWays(source, 'it is a changelog that is no SQL: Liquibase prints its SQL with `update-sql`'),
});

function changesetsIn(source: Source, dialect: Dialect | undefined, flaws: Flaw[]): Migration[] {
  // For Liquibase it ends a line, and so it may end a mark; most others see one line.
  const opaque = source.opaque ?? (/\r(?!\n)/.test(source.text) ? 'a carriage return without a newline ends lines in it' : undefined);
  if (opaque !== undefined) return [{ id: source.file, name: '', ...opaqueBothWays(source, opaque) }];
  const { changesets, logicalPath, refusal } = parseFormatted(source.text);
  if (refusal !== undefined) {
    const reason = `Liquibase refuses it: ${refusal}`;
    flaws.push({ level: 'block', rule: 'refused-by-tool', message: `${source.file}: ${reason}`, file: source.file });
    return [{ id: source.file, name: '', ...opaqueBothWays(source, reason) }];
  }
  const run = changesets.filter(({ attributes }) => attributes.get('ignore')?.toLowerCase() !== 'true');
  const meant = run.filter((each) => isMeant(each, dialect));
  if (dialect === undefined && meant.length < run.length) {
    const message = `${source.file} has changesets for other databases, which are left out: read as postgres, for the option \`dialect\` names none`;
    flaws.push({ level: 'warn', rule: 'several-dialects', message, file: source.file });
  }
  return meant.map((each) => {
    if (each.condition !== undefined) {
      const message = `${source.file}:${each.line}: whether the changeset ${each.id} is run depends on ${each.condition}`;
      flaws.push({ level: 'warn', rule: 'conditional', message, file: source.file });
    }
    return {
      id: `${each.attributes.get('logicalfilepath') ?? logicalPath ?? source.file}::${each.id}::${each.author}`,
      name: each.comment,
      up: [scriptOf(source, each, each.up)],
      down: downOf(source, each),
      ...((each.attributes.get('runonchange') === 'true' || each.attributes.get('runalways') === 'true') && {
        repeatable: true as const,
      }),
    };
  });
}

/** `dbms:postgresql` and `dbms:!mysql`. */
function isMeant({ attributes }: Changeset, dialect: Dialect = 'postgres'): boolean {
  const databases = attributes.get('dbms')?.split(',').filter(Boolean) ?? [];
  if (databases.includes('none')) return false;
  const denied = databases.filter((name) => name.startsWith('!')).map((name) => dialectNamed(name.slice(1)));
  const meant = databases.filter((name) => !name.startsWith('!'));
  return !denied.includes(dialect) && (meant.length === 0 || meant.some((name) => name === 'all' || dialectNamed(name) === dialect));
}

function downOf(source: Source, each: Changeset): Migration['down'] {
  const { rollback } = each;
  const said = rollback?.text.trim().toLowerCase() ?? '';
  if (rollback === undefined || said === '') return 'none';
  // It says that there is nothing to undo, and then undoes nothing.
  if (/^(?:not required|empty)/.test(said)) return [{ file: source.file, line: rollback.line, text: '' }];
  if (said.includes('changesetid'))
    return [opaqueScript({ ...source, text: rollback.text }, 'its rollback is another changeset')].map((script) => ({
      ...script,
      line: rollback.line,
    }));
  return [scriptOf(source, each, rollback)];
}

function scriptOf(source: Source, { attributes }: Changeset, part: { readonly line: number; readonly text: string }): Script {
  const opaque = anyPlaceholderIn(part.text, /\$\{[^}]*\}/);
  return {
    file: source.file,
    line: part.line,
    text: part.text,
    ...(attributes.get('runintransaction')?.toLowerCase() === 'false' && { outsideTransaction: true }),
    ...(opaque !== undefined && { opaque }),
  };
}
