import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSchema, schemaDifferences } from '../../plugins/migrations/src/database/catalog.js';
import { connect } from '../../plugins/migrations/src/database/connect.js';
import { hasMariadb, startMariadbServer } from '../services/mariadb.js';
import { serviceFolder } from '../services/started.js';
import { hasSqlite } from '../support/databases.js';

/** A database of these statements, and how its schema is read: by a connection that may change nothing. */
async function database(url: string, ...statements: readonly string[]) {
  const writing = await connect(url);
  onTestFinished(() => writing.close());
  const run = async (...more: readonly string[]) => {
    for (const each of more) await writing.run(each);
  };
  await run(...statements);
  return {
    run,
    async schema() {
      const looking = await connect(url, { readOnly: true });
      onTestFinished(() => looking.close());
      return readSchema(looking, ['schema_migrations']);
    },
  };
}

/** There, and back: the statements of a pair are split at `;`, unless they are those of a trigger. */
const statementsOf = (text: string): string[] => text.split(/;\s*(?!END)(?=[A-Z])/);

/** What an up and its exact inverse leave is what was there. */
async function expectExact({ run, schema }: Awaited<ReturnType<typeof database>>, up: string, down: string) {
  const before = await schema();
  await run(...statementsOf(up));
  const between = schemaDifferences(before, await schema());
  await run(...statementsOf(down));
  expect(between, up).not.toEqual([]);
  expect(schemaDifferences(before, await schema()), down).toEqual([]);
}

const MARIADB =
  'CREATE TABLE users (id int PRIMARY KEY AUTO_INCREMENT, email varchar(100) NOT NULL, age int); CREATE TABLE posts (id int PRIMARY KEY, author int); INSERT INTO users (email) VALUES (1)';

/** What is new is taken away again, or the other way round. */
const MARIADB_PAIRS: readonly (readonly [up: string, down: string])[] = [
  ['ALTER TABLE users ADD bio text', 'ALTER TABLE users DROP bio'],
  ['ALTER TABLE users ADD bio text AFTER id', 'ALTER TABLE users DROP bio'],
  ['ALTER TABLE users RENAME COLUMN email TO mail', 'ALTER TABLE users RENAME COLUMN mail TO email'],
  ['ALTER TABLE users MODIFY email varchar(200) NOT NULL', 'ALTER TABLE users MODIFY email varchar(100) NOT NULL'],
  ["ALTER TABLE users ALTER email SET DEFAULT 'x'", 'ALTER TABLE users ALTER email DROP DEFAULT'],
  ['ALTER TABLE users DROP age', 'ALTER TABLE users ADD age int FIRST'],
  ['CREATE INDEX by_email ON users (email(10) DESC)', 'DROP INDEX by_email ON users'],
  ['ALTER TABLE users ADD UNIQUE (email)', 'ALTER TABLE users DROP INDEX email'],
  ['ALTER TABLE users ADD FULLTEXT words (email)', 'ALTER TABLE users DROP INDEX words'],
  ['ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17)', 'ALTER TABLE users DROP CONSTRAINT adult'],
  [
    'ALTER TABLE posts ADD KEY author (author), ADD CONSTRAINT by_author FOREIGN KEY (author) REFERENCES users (id) ON DELETE CASCADE',
    'ALTER TABLE posts DROP FOREIGN KEY by_author, DROP KEY author',
  ],
  ['ALTER TABLE users ADD double_age int AS (age * 2) STORED', 'ALTER TABLE users DROP double_age'],
  ['ALTER TABLE users MODIFY age int INVISIBLE', 'ALTER TABLE users MODIFY age int'],
  ['ALTER TABLE users MODIFY email varchar(100) CHARACTER SET latin1 NOT NULL', 'ALTER TABLE users MODIFY email varchar(100) NOT NULL'],
  ['ALTER TABLE users RENAME TO people', 'ALTER TABLE people RENAME TO users'],
  ['ALTER TABLE users ENGINE = MyISAM', 'ALTER TABLE users ENGINE = InnoDB'],
  ['ALTER TABLE posts PARTITION BY HASH (id) PARTITIONS 3', 'ALTER TABLE posts REMOVE PARTITIONING'],
  ['ALTER TABLE posts ADD SYSTEM VERSIONING', 'ALTER TABLE posts DROP SYSTEM VERSIONING'],
  ['CREATE TABLE tags (id int)', 'DROP TABLE tags'],
  ['CREATE VIEW seen AS SELECT id FROM users', 'DROP VIEW seen'],
  ['CREATE SEQUENCE numbers', 'DROP SEQUENCE numbers'],
  ['CREATE FUNCTION one(a int) RETURNS int RETURN a', 'DROP FUNCTION one'],
  ['CREATE PROCEDURE two() SELECT 2', 'DROP PROCEDURE two'],
  ['CREATE TRIGGER seen BEFORE INSERT ON users FOR EACH ROW SET NEW.age = 1', 'DROP TRIGGER seen'],
  ['CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO SELECT 1', 'DROP EVENT daily'],
  ['ALTER DATABASE app CHARACTER SET latin1', 'ALTER DATABASE app CHARACTER SET utf8mb4'],
];

describe.skipIf(!hasMariadb())('the schema of MariaDB', { timeout: 60_000 }, () => {
  it('given many kinds of changes, when each is taken back, then it was seen, and the schema is what it was', async () => {
    const opened = await database((await startMariadbServer()).url, ...statementsOf(MARIADB));
    for (const [up, down] of MARIADB_PAIRS) await expectExact(opened, up, down);
  });

  it('given downs that are not the inverse, then what is left is named', async () => {
    const { url } = await startMariadbServer();
    const { run, schema } = await database(url, ...statementsOf(MARIADB));
    const before = await schema();
    await run(
      'ALTER TABLE posts ADD CONSTRAINT by_author FOREIGN KEY (author) REFERENCES users (id)',
      'ALTER TABLE posts DROP FOREIGN KEY by_author',
    );
    // The index of the key stays.
    expect(schemaDifferences(before, await schema())).toEqual(['new: table posts: KEY `by_author` (`author`)']);
    await run('ALTER TABLE posts DROP KEY by_author', 'ALTER TABLE users MODIFY email varchar(100)');
    expect(schemaDifferences(before, await schema())).toEqual([
      'gone: table users: `email` varchar(100) NOT NULL',
      'new: table users: `email` varchar(100) DEFAULT NULL',
    ]);
  });

  it('given rows and a table of the tool, then they are no part of it; a look changes nothing, whatever is asked', async () => {
    const { url } = await startMariadbServer();
    const { run, schema } = await database(url, ...statementsOf(MARIADB));
    const before = await schema();
    await run('INSERT INTO users (email) VALUES (2), (3)', 'CREATE TABLE schema_migrations (version varchar(255))');
    expect(await schema()).toEqual(before);
    const looking = await connect(url, { readOnly: true });
    onTestFinished(() => looking.close());
    for (const each of [
      'DROP TABLE users',
      'DELETE FROM users',
      'CREATE TABLE x (id int)',
      'SELECT NEXTVAL(no)',
      'SELECT 1; DROP TABLE users',
    ])
      await expect(looking.query(each), each).rejects.toThrow();
    expect(await schema()).toEqual(before);
  });
});

const SQLITE =
  "CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, -- who\n email text NOT NULL DEFAULT 'a, b', age int CHECK (age > 0));CREATE TABLE posts (id integer primary key, author int REFERENCES users(id) ON DELETE CASCADE)";
const SQLITE_PAIRS: readonly (readonly [up: string, down: string])[] = [
  ['ALTER TABLE users ADD COLUMN bio text', 'ALTER TABLE users DROP COLUMN bio'],
  ['ALTER TABLE users RENAME COLUMN email TO mail', 'ALTER TABLE users RENAME COLUMN mail TO email'],
  ['ALTER TABLE users RENAME COLUMN id TO "the id"', 'ALTER TABLE users RENAME COLUMN "the id" TO id'],
  ['ALTER TABLE users RENAME TO people', 'ALTER TABLE people RENAME TO users'],
  ['CREATE UNIQUE INDEX by_email ON users (email COLLATE NOCASE) WHERE age > 1', 'DROP INDEX by_email'],
  ['CREATE VIEW seen AS SELECT id FROM users', 'DROP VIEW seen'],
  ['CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END', 'DROP TRIGGER t'],
  ['CREATE VIRTUAL TABLE words USING fts5(body)', 'DROP TABLE words'],
  ['CREATE TABLE s (id int, g int AS (id + 1)) STRICT', 'DROP TABLE s'],
  ['PRAGMA user_version = 7', 'PRAGMA user_version = 0'],
  [
    'CREATE TABLE other (id integer PRIMARY KEY, author int); DROP TABLE posts; ALTER TABLE other RENAME TO posts',
    'CREATE TABLE other (author INT REFERENCES "users" ("id") ON DELETE CASCADE, id INTEGER PRIMARY KEY); DROP TABLE posts; ALTER TABLE other RENAME TO posts',
  ],
];

describe.skipIf(!hasSqlite())('the schema of SQLite', () => {
  it.each(SQLITE_PAIRS)('given %s, when it is taken back, then it was seen, and the schema is what it was', async (up, down) => {
    await expectExact(await database(`sqlite:${join(serviceFolder(), 'a.sqlite3')}`, SQLITE), up, down);
  });

  it('given downs that are not the inverse, then what is left is named', async () => {
    const { run, schema } = await database(`sqlite:${join(serviceFolder(), 'a.sqlite3')}`, SQLITE);
    const before = await schema();
    await run(
      'CREATE TABLE other (id integer primary key, author int REFERENCES users(id)); DROP TABLE posts; ALTER TABLE other RENAME TO posts',
    );
    expect(schemaDifferences(before, await schema())).toEqual([
      'gone: table posts: author int references users ( id ) on delete cascade',
      'new: table posts: author int references users ( id )',
    ]);
  });
});
