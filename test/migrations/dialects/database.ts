import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

export type Row = Readonly<Record<string, unknown>>;

/** A column, as the database itself has it. */
export interface RealColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly isGenerated: boolean;
  readonly isKey: boolean;
  readonly isUnique: boolean;
}

/** A real database, for one migration. */
export interface Real {
  /** Runs a script; answers why it failed. */
  run(script: string): Promise<string | undefined>;
  /** Runs groups of statements, and leaves nothing of each; answers why one failed. */
  attempt(groups: readonly (readonly string[])[]): Promise<readonly (string | undefined)[]>;
  rows(query: string): Promise<readonly Row[]>;
  tables(): Promise<ReadonlyMap<string, readonly RealColumn[]>>;
  /** Everything in it that is no row, a line each. */
  schema(): Promise<readonly string[]>;
  /** What follows INSERT INTO for a row of defaults. */
  readonly emptyRow: string;
  quote(name: string): string;
  end(): Promise<void>;
}

/** A new database of SQLite, with foreign keys on. */
export function openSqlite(): Real {
  const file = join(tmpdir(), `ship-sqlite-${randomUUID()}`);
  const call = (sql: string): { error?: string; rows: Row[] } => {
    const { status, stdout, stderr } = spawnSync('sqlite3', ['-bail', '-json', file], {
      input: `PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF;\n${sql}`,
      encoding: 'utf8',
    });
    const failed = status !== 0 || stderr !== '';
    return {
      ...(failed ? { error: stderr.split('\n')[0] || `status ${status}` } : {}),
      rows: failed || stdout === '' ? [] : (JSON.parse(stdout) as Row[]),
    };
  };
  const rows = (sql: string): Row[] => {
    const { error, rows: found } = call(sql);
    if (error !== undefined) throw new Error(`${error}: ${sql}`);
    return found;
  };
  const names = (type: string) =>
    rows(`SELECT name FROM sqlite_master WHERE type = '${type}' AND name NOT LIKE 'sqlite_%' ORDER BY 1`).map(({ name }) => String(name));
  return {
    run: async (script) => call(script).error,
    emptyRow: 'DEFAULT VALUES',
    async attempt(groups) {
      // One call for all of them: a statement is a line, and errors name theirs.
      const lines = groups.flatMap((statements, at) =>
        ['SAVEPOINT one', ...statements, 'ROLLBACK TO one', 'RELEASE one'].map((text) => ({ at, text })),
      );
      const input = ['PRAGMA foreign_keys = ON', ...lines.map(({ text }) => text), ''].join(';\n');
      const { stderr } = spawnSync('sqlite3', [file], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
      const errors: (string | undefined)[] = groups.map(() => undefined);
      for (const [message, line] of stderr.matchAll(/^.*near line (\d+):.*$/gm)) errors[lines[Number(line) - 2]!.at] ??= message;
      return errors;
    },
    rows: async (query) => rows(query),
    quote: (name) => `"${name}"`,
    async tables() {
      const unique = (table: string) =>
        rows(`SELECT c.name FROM pragma_index_list('${table}') i, pragma_index_info(i.name) c WHERE i."unique" = 1`).map(
          ({ name }) => name,
        );
      return new Map(
        names('table').map((table) => {
          const keys = unique(table);
          const columns = rows(`SELECT * FROM pragma_table_xinfo('${table}')`).map((each) => ({
            name: String(each.name),
            type: String(each.type).toLowerCase(),
            notNull: each.notnull === 1,
            hasDefault: each.dflt_value !== null,
            isGenerated: each.hidden !== 0,
            isKey: each.pk !== 0,
            isUnique: keys.includes(each.name),
          }));
          return [table, columns];
        }),
      );
    },
    async schema() {
      const lines: string[] = [];
      const add = (what: string, found: readonly Row[]) =>
        lines.push(...found.map((each) => `${what} ${JSON.stringify(each).toLowerCase()}`));
      for (const table of names('table')) {
        add(`column of ${table}`, rows(`SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo('${table}')`));
        add(`key of ${table}`, rows(`SELECT "table", "from", "to", on_delete, on_update FROM pragma_foreign_key_list('${table}')`));
        add(
          `unique of ${table}`,
          rows(
            `SELECT group_concat(c.name) AS columns FROM pragma_index_list('${table}') i, pragma_index_info(i.name) c WHERE i.origin = 'u' GROUP BY i.name`,
          ),
        );
        const [{ sql }] = rows(`SELECT sql FROM sqlite_master WHERE name = '${table}'`) as [{ sql: string }];
        lines.push(
          `checks of ${table} ${(sql.match(/check\s*\(.*?\)/gis) ?? []).join().replace(/\s/g, '').toLowerCase()} ${/\)\s*strict/i.test(sql)}`,
        );
      }
      add(
        'other',
        rows(
          "SELECT type, name, replace(replace(sql, '\"', ''), ' ', '') AS sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL",
        ),
      );
      return lines.sort();
    },
    end: async () => rmSync(file, { force: true }),
  };
}

/** A new database of the MariaDB that listens on a socket. */
export async function openMariadb(socketPath: string): Promise<Real> {
  const database = `t${randomUUID().replaceAll('-', '')}`;
  const db = await createConnection({
    socketPath,
    user: 'root',
    multipleStatements: true,
    dateStrings: true,
    decimalNumbers: false,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  await db.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database}`);
  const rows = async (sql: string): Promise<Row[]> => (await db.query<RowDataPacket[]>(sql))[0].map((each) => ({ ...each }));
  const run = (sql: string): Promise<string | undefined> =>
    db.query(sql).then(
      () => undefined,
      (error: Error) => error.message,
    );
  const here = `table_schema = '${database}'`;
  return {
    run,
    emptyRow: '() VALUES ()',
    async attempt(groups) {
      const errors: (string | undefined)[] = [];
      for (const statements of groups) {
        await db.query('START TRANSACTION');
        let error: string | undefined;
        for (const each of statements) error ??= await run(each);
        await db.query('ROLLBACK');
        errors.push(error);
      }
      return errors;
    },
    rows,
    quote: (name) => `\`${name}\``,
    async tables() {
      const found = new Map<string, RealColumn[]>();
      const from = `information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) WHERE t.${here} AND t.table_type = 'BASE TABLE'`;
      for (const each of await rows(`SELECT c.* FROM ${from} ORDER BY table_name, ordinal_position`))
        found.set(String(each.TABLE_NAME), [
          ...(found.get(String(each.TABLE_NAME)) ?? []),
          {
            name: String(each.COLUMN_NAME),
            type: String(each.COLUMN_TYPE),
            notNull: each.IS_NULLABLE === 'NO',
            hasDefault: each.COLUMN_DEFAULT !== null || /auto_increment/.test(String(each.EXTRA)),
            isGenerated: /GENERATED/.test(String(each.EXTRA)),
            isKey: each.COLUMN_KEY === 'PRI',
            isUnique: each.COLUMN_KEY === 'UNI',
          },
        ]);
      return found;
    },
    async schema() {
      const lines = async (what: string, sql: string) =>
        (await rows(sql)).map((each) => `${what} ${JSON.stringify(Object.values(each))}`.replaceAll(database, ''));
      return [
        ...(await lines(
          'column',
          `SELECT table_name, column_name, column_type, is_nullable, column_default, extra, collation_name, generation_expression FROM information_schema.columns WHERE ${here}`,
        )),
        ...(await lines(
          'index',
          `SELECT table_name, index_name, non_unique, index_type, group_concat(column_name ORDER BY seq_in_index) FROM information_schema.statistics WHERE ${here} GROUP BY 1, 2, 3, 4`,
        )),
        ...(await lines(
          'constraint',
          `SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints WHERE ${here}`,
        )),
        ...(await lines(
          'key',
          `SELECT table_name, constraint_name, referenced_table_name, update_rule, delete_rule FROM information_schema.referential_constraints WHERE constraint_schema = '${database}'`,
        )),
        ...(await lines(
          'check',
          `SELECT table_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = '${database}'`,
        )),
        ...(await lines('view', `SELECT table_name, view_definition FROM information_schema.views WHERE ${here}`)),
        ...(await lines(
          'trigger',
          `SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = '${database}'`,
        )),
      ].sort();
    },
    async end() {
      await db.query(`DROP DATABASE ${database}`);
      await db.end();
    },
  };
}
