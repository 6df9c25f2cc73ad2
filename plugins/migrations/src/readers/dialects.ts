import { join } from 'node:path';
import type { Dialect, Flaw, History, Migration, Reader, Script } from '../migration.js';
import { foldersIn } from './files.js';

const DIALECTS: Readonly<Record<string, Dialect | 'other'>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  pg: 'postgres',
  pgsql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
  sqlite3: 'sqlite',
  turso: 'sqlite',
  cockroach: 'other',
  cockroachdb: 'other',
  sqlserver: 'other',
  mssql: 'other',
  oracle: 'other',
  clickhouse: 'other',
  singlestore: 'other',
  h2: 'other',
};

/** The database that a name means, such as that of a folder; `other` for one that ship does not know, and undefined for no database. */
export const dialectNamed = (name: string): Dialect | 'other' | undefined => {
  const key = name.toLowerCase();
  return Object.hasOwn(DIALECTS, key) ? DIALECTS[key] : undefined;
};

/** A dialect as a history has it: what ship does not know is not there. */
export const knownDialect = (name: string): { dialect?: Dialect } => {
  const dialect = dialectNamed(name);
  return dialect === undefined || dialect === 'other' ? {} : { dialect };
};

/** Picks one of several side by side. Nothing is picked where there are none, and where the wanted one is not among them. */
export function pickDialect(found: Iterable<Dialect>, wanted: Dialect | undefined): { dialect?: Dialect; flaws: Flaw[] } {
  const all = [...new Set(found)].sort();
  if (all.length === 0) return { flaws: [] };
  if (wanted !== undefined && !all.includes(wanted)) {
    const message = `it is written for ${all.join(' and ')}, and not for ${wanted}`;
    return { flaws: [{ level: 'block', rule: 'dialect-missing', message }] };
  }
  const dialect = wanted ?? (all.includes('postgres') ? 'postgres' : all[0]!);
  if (wanted !== undefined || all.length === 1) return { dialect, flaws: [] };
  const message = `it is written for ${all.join(' and ')}; read as ${dialect}, for the option \`dialect\` names none`;
  return { dialect, flaws: [{ level: 'warn', rule: 'several-dialects', message }] };
}

/** The same tool with one folder for each database: `postgres/`, `mysql/`. */
export const perDialect = (reader: Reader): Reader => ({
  name: reader.name,
  recognises: (folder) => reader.recognises(folder) || foldersOfDialects(folder, reader).length > 0,
  read(folder, wanted = {}) {
    const folders = reader.recognises(folder) ? [] : foldersOfDialects(folder, reader);
    if (folders.length === 0) return reader.read(folder, wanted);
    const picked = pickDialect(
      folders.map(({ dialect }) => dialect),
      wanted.dialect,
    );
    const name = folders.find(({ dialect }) => dialect === picked.dialect)?.name;
    if (name === undefined || picked.dialect === undefined) return { migrations: [], flaws: picked.flaws };
    const history = below(name, reader.read(join(folder, name), { dialect: picked.dialect }));
    return { ...history, dialect: picked.dialect, flaws: [...picked.flaws, ...history.flaws] };
  },
});

const foldersOfDialects = (folder: string, reader: Reader): { name: string; dialect: Dialect }[] =>
  foldersIn(folder).flatMap((name) => {
    const dialect = dialectNamed(name);
    return dialect === undefined || dialect === 'other' || !reader.recognises(join(folder, name)) ? [] : [{ name, dialect }];
  });

/** A history of a folder, as seen from the one that holds it. */
export function below(name: string, history: History): History {
  const moved = (scripts: readonly Script[]): Script[] => scripts.map((script) => ({ ...script, file: `${name}/${script.file}` }));
  return {
    ...history,
    migrations: history.migrations.map(
      (migration): Migration => ({
        ...migration,
        up: moved(migration.up),
        down: typeof migration.down === 'string' ? migration.down : moved(migration.down),
      }),
    ),
    flaws: history.flaws.map((flaw) => (flaw.file === undefined ? flaw : { ...flaw, file: `${name}/${flaw.file}` })),
  };
}
