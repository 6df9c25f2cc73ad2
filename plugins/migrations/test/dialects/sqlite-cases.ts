/** What was there before each migration of SQLite. */
export const SQLITE_BASE = `
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL,
  name VARCHAR(40),
  age INTEGER DEFAULT 3,
  code TEXT NOT NULL DEFAULT 'x',
  score NUMERIC(8,2),
  bio TEXT
);
CREATE UNIQUE INDEX users_email ON users (email);
CREATE INDEX users_name ON users (name);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
  title TEXT NOT NULL DEFAULT 'x',
  CHECK (length(title) < 1000)
);
CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE);
CREATE VIEW adults AS SELECT id, email FROM users WHERE age > 17;
`;

const NOTES = 'CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE)';
const rebuilt = (columns: string, to = 'id, body, rank', from = to): string =>
  `CREATE TABLE new_notes (${columns}); INSERT INTO new_notes (${to}) SELECT ${from} FROM notes; DROP TABLE notes; ALTER TABLE new_notes RENAME TO notes;`;
const BACK = rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE');

/** Each an up and its down. */
export const SQLITE_CASES: Readonly<Record<string, readonly [up: string, down: string]>> = {
  'a new table': ['CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT)', 'DROP TABLE tags'],
  'a new table that may have been there': ['CREATE TABLE IF NOT EXISTS tags (id int)', 'DROP TABLE tags'],
  'a strict table': ['CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT) STRICT, WITHOUT ROWID', 'DROP TABLE tags'],
  'a table that is dropped': ['DROP TABLE notes', NOTES],
  'a new column': ['ALTER TABLE users ADD COLUMN nick TEXT', 'ALTER TABLE users DROP COLUMN nick'],
  'a column with a default': ["ALTER TABLE users ADD nick TEXT NOT NULL DEFAULT ''", 'ALTER TABLE users DROP nick'],
  'a column that points at another table': [
    'ALTER TABLE notes ADD COLUMN user_id INTEGER REFERENCES users (id)',
    'ALTER TABLE notes DROP COLUMN user_id',
  ],
  'a new column with an index': [
    'ALTER TABLE users ADD nick TEXT; CREATE UNIQUE INDEX users_nick ON users (nick)',
    'DROP INDEX users_nick; ALTER TABLE users DROP nick',
  ],
  'a new column whose index is left': [
    'ALTER TABLE users ADD nick TEXT; CREATE INDEX users_nick ON users (nick)',
    'ALTER TABLE users DROP nick',
  ],
  'a column that is dropped': ['ALTER TABLE users DROP COLUMN bio', 'ALTER TABLE users ADD COLUMN bio TEXT'],
  'another name of a column': ['ALTER TABLE users RENAME COLUMN bio TO about', 'ALTER TABLE users RENAME COLUMN about TO bio'],
  'another name of a table': ['ALTER TABLE notes RENAME TO memos', 'ALTER TABLE memos RENAME TO notes'],
  'another name, and a view by the old one': [
    'ALTER TABLE notes RENAME TO memos; CREATE VIEW notes AS SELECT * FROM memos',
    'DROP VIEW notes; ALTER TABLE memos RENAME TO notes',
  ],
  'an index': ['CREATE INDEX users_age ON users (age)', 'DROP INDEX users_age'],
  'an index that is dropped': ['DROP INDEX users_name', 'CREATE INDEX users_name ON users (name)'],
  'an index in other letters': ['CREATE INDEX "Users_Age" ON Users (AGE)', 'DROP INDEX users_age'],
  'an index of some rows': ['CREATE INDEX users_age ON users (age) WHERE age IS NOT NULL', 'DROP INDEX users_age'],
  'an index of a formula': ['CREATE INDEX users_low ON users (lower(name))', 'DROP INDEX users_low'],
  'a unique index': ['CREATE UNIQUE INDEX one_name ON users (name)', 'DROP INDEX one_name'],
  'a unique index that is dropped': ['DROP INDEX users_email', 'CREATE UNIQUE INDEX users_email ON users (email)'],
  'a view': ['CREATE VIEW everybody AS SELECT id FROM users', 'DROP VIEW everybody'],
  'a view that is dropped': ['DROP VIEW adults', 'CREATE VIEW adults AS SELECT id, email FROM users WHERE age > 17'],
  'another view': [
    'DROP VIEW adults; CREATE VIEW adults AS SELECT id FROM users',
    'DROP VIEW adults; CREATE VIEW adults AS SELECT id, email FROM users WHERE age > 17',
  ],
  'a trigger': ['CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET age = 1 WHERE id = NEW.id; END', 'DROP TRIGGER t'],
  rows: ["INSERT INTO notes (body) VALUES ('a')", "DELETE FROM notes WHERE body = 'a'"],
  'rows that take the place of others': ["INSERT OR REPLACE INTO notes (id, body) VALUES (1, 'a')", 'DELETE FROM notes WHERE id = 1'],
  'an upsert': [
    "INSERT INTO notes (id, body) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET body = excluded.body",
    'DELETE FROM notes WHERE id = 1',
  ],
  'an update': ["UPDATE notes SET body = 'a'", "UPDATE notes SET body = 'b'"],
  'a delete': ['DELETE FROM notes WHERE rank > 3', 'SELECT 1'],
  'a column that is filled': ['ALTER TABLE users ADD nick TEXT; UPDATE users SET nick = email', 'ALTER TABLE users DROP nick'],
  'the catalogue': ["DELETE FROM sqlite_sequence WHERE name = 'users'", 'SELECT 1'],
  'a table made anew as it was': [BACK, BACK],
  'a table made anew with one more column': [rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE, more TEXT'), BACK],
  'a table made anew with one less': [
    rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL', 'id, body'),
    rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE', 'id, body'),
  ],
  'a table made anew without NOT NULL': [rebuilt('id INTEGER PRIMARY KEY, body TEXT, rank INTEGER UNIQUE'), BACK],
  'a table made anew with NOT NULL': [rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE NOT NULL'), BACK],
  'a table made anew with a check': [rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE, CHECK (rank > 0)'), BACK],
  'a table made anew without its key': [rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER'), BACK],
  'a table made anew with another type': [rebuilt('id INTEGER PRIMARY KEY, body INTEGER NOT NULL, rank INTEGER UNIQUE'), BACK],
  'a table made anew with another collation': [
    rebuilt('id INTEGER PRIMARY KEY, body TEXT COLLATE NOCASE NOT NULL, rank INTEGER UNIQUE'),
    BACK,
  ],
  'a table made anew with a type of the same kind': [
    rebuilt('id INTEGER PRIMARY KEY, body VARCHAR(255) NOT NULL, rank BIGINT UNIQUE'),
    BACK,
  ],
  'a table made anew with another name of a column': [
    rebuilt('id INTEGER PRIMARY KEY, text TEXT NOT NULL, rank INTEGER UNIQUE', 'id, text, rank', 'id, body, rank'),
    rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE', 'id, body, rank', 'id, text, rank'),
  ],
  'a table made anew from a part of the rows': [
    'CREATE TABLE new_notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE); INSERT INTO new_notes (id, body, rank) SELECT id, body, rank FROM notes WHERE rank > 3; DROP TABLE notes; ALTER TABLE new_notes RENAME TO notes',
    BACK,
  ],
  'a table made anew with columns that changed places': [
    rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE', 'id, body, rank', 'rank, body, id'),
    BACK,
  ],
  'a table made anew with a name in quotes that is no column': [
    rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE', 'id, body, rank', 'id, "bdy", rank'),
    BACK,
  ],
  'a strict table made anew': [
    `${rebuilt('id INTEGER PRIMARY KEY, body TEXT NOT NULL, rank INTEGER UNIQUE').replace('); INSERT', ') STRICT; INSERT')}`,
    BACK,
  ],
  'a table that others point at made anew': [
    "CREATE TABLE new_users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, name VARCHAR(40), age INTEGER DEFAULT 3, code TEXT NOT NULL DEFAULT 'x', score NUMERIC(8,2), bio TEXT); INSERT INTO new_users (id, email, name, age, code, score, bio) SELECT id, email, name, age, code, score, bio FROM users; DROP TABLE users; ALTER TABLE new_users RENAME TO users; CREATE UNIQUE INDEX users_email ON users (email); CREATE INDEX users_name ON users (name)",
    'SELECT 1',
  ],
};

/** What is said of each: both verdicts, and the rules behind them. */
export const SQLITE_VERDICTS: Readonly<
  Record<string, readonly [keep: string, keepRules: readonly string[], run: string, runRules: readonly string[]]>
> = {
  'a new table': ['ok', [], 'warn', ['down-drop-created-table']],
  'a new table that may have been there': ['ok', [], 'block', ['if-not-exists']],
  'a strict table': ['ok', [], 'warn', ['down-drop-created-table']],
  'a table that is dropped': ['block', ['up-drop-table'], 'block', ['down-restores-guess', 'up-drop-table']],
  'a new column': ['ok', [], 'warn', ['down-drop-created-column']],
  'a column with a default': ['ok', [], 'warn', ['down-drop-created-column']],
  'a column that points at another table': ['ok', [], 'block', ['down-drop-created-column', 'down-incomplete']],
  'a new column with an index': ['ok', [], 'warn', ['down-drop-created-column']],
  'a new column whose index is left': ['ok', [], 'block', ['down-drop-created-column', 'down-incomplete']],
  'a column that is dropped': ['block', ['up-drop-column'], 'block', ['down-restores-guess', 'up-drop-column']],
  'another name of a column': ['block', ['rename-column'], 'ok', []],
  'another name of a table': ['block', ['rename-table'], 'ok', []],
  'another name, and a view by the old one': ['block', ['rename-table'], 'ok', []],
  'an index': ['ok', [], 'ok', []],
  'an index that is dropped': ['ok', [], 'ok', []],
  'an index in other letters': ['ok', [], 'ok', []],
  'an index of some rows': ['ok', [], 'ok', []],
  'an index of a formula': ['ok', [], 'ok', []],
  'a unique index': ['block', ['add-unique'], 'ok', []],
  'a unique index that is dropped': ['block', ['drop-unique'], 'warn', ['down-add-unique']],
  'a view': ['ok', [], 'ok', []],
  'a view that is dropped': ['block', ['drop-view'], 'ok', []],
  'another view': ['block', ['drop-view'], 'ok', []],
  'a trigger': ['warn', ['add-trigger'], 'ok', []],
  rows: ['ok', [], 'warn', ['down-delete-some']],
  'rows that take the place of others': ['ok', [], 'block', ['down-delete-some', 'up-update-overwrite']],
  'an upsert': ['ok', [], 'block', ['down-delete-some', 'up-update-overwrite']],
  'an update': ['ok', [], 'block', ['down-update-overwrite', 'up-update-overwrite']],
  'a delete': ['ok', [], 'block', ['empty-down', 'up-delete-some']],
  'a column that is filled': ['ok', [], 'warn', ['down-drop-created-column']],
  'the catalogue': ['block', ['catalog-write'], 'block', ['catalog-write', 'empty-down']],
  'a table made anew as it was': ['ok', [], 'ok', []],
  'a table made anew with one more column': ['ok', [], 'warn', ['down-drop-created-column']],
  'a table made anew with one less': ['block', ['up-drop-column'], 'block', ['down-add-unique', 'down-restores-guess', 'up-drop-column']],
  'a table made anew without NOT NULL': ['block', ['drop-not-null'], 'warn', ['down-set-not-null']],
  'a table made anew with NOT NULL': ['block', ['set-not-null'], 'ok', []],
  'a table made anew with a check': ['block', ['lock-constraint'], 'ok', []],
  'a table made anew without its key': ['block', ['drop-unique'], 'warn', ['down-add-unique']],
  'a table made anew with another type': ['block', ['up-type-lossy'], 'block', ['up-type-lossy']],
  'a table made anew with another collation': ['block', ['up-type-lossy'], 'block', ['down-type-narrow', 'up-type-lossy']],
  'a table made anew with a type of the same kind': ['ok', [], 'ok', []],
  'a table made anew with another name of a column': ['block', ['rename-column'], 'ok', []],
  'a table made anew from a part of the rows': ['block', ['up-drop-table'], 'block', ['up-drop-table']],
  'a table made anew with columns that changed places': ['ok', [], 'block', ['up-update-overwrite']],
  'a table made anew with a name in quotes that is no column': ['ok', [], 'block', ['up-update-overwrite']],
  'a strict table made anew': ['block', ['lock-constraint'], 'ok', []],
  'a table that others point at made anew': ['ok', [], 'block', ['empty-down', 'up-delete-some']],
};
