import { beforeAll, describe, expect, it } from 'vitest';
import { analyse } from '../src/analyse.js';
import { loadParser } from '../src/sql/parser.js';
import { type Case, verdictsOf } from './judged.js';

beforeAll(loadParser);

const CASES: Readonly<Record<string, Case>> = {
  'an index of a materialized view, which goes and comes with it': [
    'CREATE MATERIALIZED VIEW sums AS SELECT id FROM users; CREATE INDEX sums_id ON sums (id); DROP MATERIALIZED VIEW sums; CREATE MATERIALIZED VIEW sums AS SELECT id FROM users; CREATE INDEX sums_id ON sums (id)',
    'DROP MATERIALIZED VIEW sums; CREATE MATERIALIZED VIEW sums AS SELECT id FROM users; CREATE INDEX sums_id ON sums (id); DROP MATERIALIZED VIEW sums',
    'ok',
    [],
    'ok',
    [],
  ],
  'an index that is made by the name that it was given before': [
    'CREATE INDEX ON users (name); DROP INDEX users_name_idx; CREATE INDEX users_name_idx ON users (name)',
    'DROP INDEX users_name_idx',
    'ok',
    [],
    'ok',
    [],
  ],
  'an index that the down makes with an order that it had anyway': [
    'DROP INDEX users_email_idx',
    'CREATE UNIQUE INDEX users_email_idx ON users (email ASC NULLS LAST)',
    'block',
    ['drop-unique'],
    'warn',
    ['down-add-unique'],
  ],
  'an index without a name of its own, of a formula': [
    'CREATE INDEX ON users (lower(email), name) WHERE age > 0',
    'DROP INDEX users_lower_name_idx',
    'ok',
    [],
    'ok',
    [],
  ],
  'an index of a formula that the down makes anew, and that may fail': [
    'CREATE INDEX i ON users ((age / score)); DROP INDEX i',
    'CREATE INDEX i ON users ((age / score)); DROP INDEX i',
    'warn',
    ['lock-constraint'],
    'warn',
    ['down-add-check'],
  ],
  'a down that writes into a table that is not there': [
    'ALTER TABLE users ALTER COLUMN name TYPE text',
    'UPDATE people SET name = 1; ALTER TABLE users ALTER COLUMN name TYPE varchar(40)',
    'ok',
    [],
    'block',
    ['down-incomplete', 'down-type-narrow', 'down-update-overwrite'],
  ],
  'a down that writes into a column that is not there': [
    'ALTER TABLE users ALTER COLUMN name TYPE text',
    'UPDATE users SET nick = 1; ALTER TABLE users ALTER COLUMN name TYPE varchar(40)',
    'ok',
    [],
    'block',
    ['down-incomplete', 'down-type-narrow', 'down-update-overwrite'],
  ],
  'a new table': ['CREATE TABLE tags (id int)', 'DROP TABLE tags', 'ok', [], 'warn', ['down-drop-created-table']],
  'a new table that may have been there': [
    'CREATE TABLE IF NOT EXISTS tags (id int)',
    'DROP TABLE tags',
    'ok',
    [],
    'block',
    ['if-not-exists'],
  ],
  'no down': ['CREATE TABLE tags (id int)', undefined, 'ok', [], 'block', ['no-down']],
  'a down of comments': ['CREATE TABLE tags (id int)', '-- nothing', 'ok', [], 'block', ['empty-down']],
  'a down of a constant': ['CREATE TABLE tags (id int)', 'SELECT 1', 'ok', [], 'block', ['empty-down']],
  'a down that does not take back all': [
    'CREATE TABLE tags (id int); CREATE TABLE links (id int)',
    'DROP TABLE tags',
    'ok',
    [],
    'block',
    ['down-drop-created-table', 'down-incomplete'],
  ],
  'a table that is dropped': [
    'DROP TABLE posts',
    'CREATE TABLE posts (id bigint)',
    'block',
    ['up-drop-table'],
    'block',
    ['down-incomplete', 'down-restores-guess', 'up-drop-table'],
  ],
  'a column that is dropped': [
    'ALTER TABLE users DROP COLUMN age',
    'ALTER TABLE users ADD COLUMN age integer DEFAULT 3',
    'block',
    ['up-drop-column'],
    'block',
    ['down-restores-guess', 'up-drop-column'],
  ],
  'a new column': [
    'ALTER TABLE users ADD COLUMN bio text',
    'ALTER TABLE users DROP COLUMN bio',
    'ok',
    [],
    'warn',
    ['down-drop-created-column'],
  ],
  'a new column with a default': [
    "ALTER TABLE users ADD COLUMN bio text NOT NULL DEFAULT ''",
    'ALTER TABLE users DROP COLUMN bio',
    'ok',
    [],
    'warn',
    ['down-drop-created-column'],
  ],
  'a column that must have a value': [
    'ALTER TABLE users ADD COLUMN bio text NOT NULL',
    'ALTER TABLE users DROP COLUMN bio',
    'block',
    ['add-required-column'],
    'warn',
    ['down-drop-created-column'],
  ],
  'a default that is lent only': [
    "ALTER TABLE users ADD COLUMN bio text NOT NULL DEFAULT ''; ALTER TABLE users ALTER COLUMN bio DROP DEFAULT",
    'ALTER TABLE users DROP COLUMN bio',
    'block',
    ['add-required-column'],
    'warn',
    ['down-drop-created-column'],
  ],
  'a column that is filled, and then must have a value': [
    "ALTER TABLE users ADD COLUMN bio text; UPDATE users SET bio = ''; ALTER TABLE users ALTER COLUMN bio SET NOT NULL",
    'ALTER TABLE users DROP COLUMN bio',
    'block',
    ['add-required-column'],
    'warn',
    ['down-drop-created-column'],
  ],
  'a narrower text': [
    'ALTER TABLE users ALTER COLUMN name TYPE varchar(20)',
    'ALTER TABLE users ALTER COLUMN name TYPE varchar(40)',
    'block',
    ['up-type-lossy'],
    'block',
    ['up-type-lossy'],
  ],
  'a wider text': [
    'ALTER TABLE users ALTER COLUMN name TYPE text',
    'ALTER TABLE users ALTER COLUMN name TYPE varchar(40)',
    'ok',
    [],
    'warn',
    ['down-type-narrow'],
  ],
  'a bigger integer': [
    'ALTER TABLE users ALTER COLUMN age TYPE bigint',
    'ALTER TABLE users ALTER COLUMN age TYPE integer',
    'warn',
    ['type-change'],
    'warn',
    ['down-type-narrow'],
  ],
  'a lossy expression': [
    'ALTER TABLE users ALTER COLUMN email TYPE varchar(3) USING left(email, 3)',
    'ALTER TABLE users ALTER COLUMN email TYPE text',
    'block',
    ['up-type-lossy'],
    'block',
    ['up-type-lossy'],
  ],
  'NOT NULL': [
    'ALTER TABLE users ALTER COLUMN name SET NOT NULL',
    'ALTER TABLE users ALTER COLUMN name DROP NOT NULL',
    'block',
    ['set-not-null'],
    'ok',
    [],
  ],
  NULL: [
    'ALTER TABLE users ALTER COLUMN email DROP NOT NULL',
    'ALTER TABLE users ALTER COLUMN email SET NOT NULL',
    'block',
    ['drop-not-null'],
    'warn',
    ['down-set-not-null'],
  ],
  'another name of a table': [
    'ALTER TABLE users RENAME TO people',
    'ALTER TABLE people RENAME TO users',
    'block',
    ['rename-table'],
    'ok',
    [],
  ],
  'another name of a table, and a view with the old one': [
    'ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people',
    'DROP VIEW users; ALTER TABLE people RENAME TO users',
    'ok',
    [],
    'ok',
    [],
  ],
  'another name of a column': [
    'ALTER TABLE users RENAME COLUMN name TO title',
    'ALTER TABLE users RENAME COLUMN title TO name',
    'block',
    ['rename-column'],
    'ok',
    [],
  ],
  'a default that goes': [
    'ALTER TABLE posts ALTER COLUMN title DROP DEFAULT',
    "ALTER TABLE posts ALTER COLUMN title SET DEFAULT 'x'",
    'block',
    ['drop-default'],
    'ok',
    [],
  ],
  'a default that goes where NULL is fine': [
    'ALTER TABLE users ALTER COLUMN age DROP DEFAULT',
    'ALTER TABLE users ALTER COLUMN age SET DEFAULT 3',
    'warn',
    ['drop-default'],
    'ok',
    [],
  ],
  'a unique index': ['CREATE UNIQUE INDEX u ON users (name)', 'DROP INDEX u', 'block', ['add-unique'], 'ok', []],
  'a unique index that goes': [
    'DROP INDEX users_email_idx',
    'CREATE UNIQUE INDEX users_email_idx ON users (email)',
    'block',
    ['drop-unique'],
    'warn',
    ['down-add-unique'],
  ],
  'a foreign key': [
    'ALTER TABLE posts ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users (id)',
    'ALTER TABLE posts DROP CONSTRAINT fk',
    'block',
    ['add-foreign-key'],
    'ok',
    [],
  ],
  'a check': [
    'ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17)',
    'ALTER TABLE users DROP CONSTRAINT adult',
    'block',
    ['lock-constraint'],
    'ok',
    [],
  ],
  'a check that is not validated': [
    'ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17) NOT VALID',
    'ALTER TABLE users DROP CONSTRAINT adult',
    'block',
    ['lock-constraint'],
    'ok',
    [],
  ],
  'a foreign key that goes': [
    'ALTER TABLE posts DROP CONSTRAINT posts_user_id_fkey',
    'ALTER TABLE posts ADD CONSTRAINT posts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)',
    'ok',
    [],
    'warn',
    ['add-foreign-key'],
  ],
  'rows that go': ['DELETE FROM users WHERE age < 3', '', 'ok', [], 'block', ['empty-down', 'up-delete-some']],
  'all rows that go': ['DELETE FROM users WHERE 1 = 1', '', 'ok', [], 'block', ['empty-down', 'up-delete-all']],
  'rows that go in a WITH': [
    'WITH gone AS (DELETE FROM users WHERE age = 3 RETURNING *) SELECT count(*) FROM gone',
    '',
    'ok',
    [],
    'block',
    ['empty-down', 'up-delete-some'],
  ],
  'values that are written over': ['UPDATE users SET email = lower(email)', '', 'ok', [], 'block', ['empty-down', 'up-update-overwrite']],
  'rows that come, and go again': [
    'INSERT INTO posts (id) VALUES (1)',
    'DELETE FROM posts WHERE id = 1',
    'ok',
    [],
    'warn',
    ['down-delete-some'],
  ],
  TRUNCATE: ['TRUNCATE users', '', 'ok', [], 'block', ['empty-down', 'up-truncate']],
  'a value of an enum': ["ALTER TYPE mood ADD VALUE 'calm'", '', 'ok', [], 'block', ['empty-down', 'enum-add-value']],
  'another name of a value': [
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    "ALTER TYPE mood RENAME VALUE 'blue' TO 'sad'",
    'block',
    ['enum-rename-value'],
    'ok',
    [],
  ],
  'a view that goes': ['DROP VIEW active', 'CREATE VIEW active AS SELECT * FROM users', 'block', ['drop-view'], 'ok', []],
  'a trigger': [
    'CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch()',
    'DROP TRIGGER t ON users',
    'warn',
    ['add-trigger'],
    'ok',
    [],
  ],
  CASCADE: [
    'DROP TABLE posts CASCADE',
    '',
    'block',
    ['up-drop-container', 'up-drop-table'],
    'block',
    ['empty-down', 'up-drop-container', 'up-drop-table'],
  ],
  'a transaction of its own': [
    'BEGIN; CREATE TABLE tags (id int); COMMIT',
    'DROP TABLE tags',
    'ok',
    [],
    'block',
    ['down-drop-created-table', 'tx-control'],
  ],
  'rows that the up writes, of a key that sets NULL where there must be a value': [
    'CREATE TABLE tags (id int PRIMARY KEY, owner int NOT NULL REFERENCES users (id) ON DELETE SET NULL); INSERT INTO tags SELECT 1, max(id) FROM users',
    'DROP TABLE tags',
    'block',
    ['add-foreign-key'],
    'warn',
    ['down-drop-created-table'],
  ],
  'rows that the up writes, of keys that go in a circle': [
    'CREATE TABLE tags (id int PRIMARY KEY, owner int REFERENCES users (id) ON DELETE CASCADE, next int); CREATE TABLE marks (id int PRIMARY KEY, tag int REFERENCES tags (id) ON DELETE CASCADE); ALTER TABLE tags ADD FOREIGN KEY (next) REFERENCES marks (id) ON DELETE CASCADE; INSERT INTO tags SELECT 1, max(id) FROM users',
    'DROP TABLE marks, tags CASCADE',
    'ok',
    [],
    'block',
    ['down-drop-created-table', 'up-drop-container'],
  ],
  'CONCURRENTLY alone': ['CREATE INDEX CONCURRENTLY i ON users (name)', 'DROP INDEX CONCURRENTLY i', 'ok', [], 'ok', []],
  'CONCURRENTLY among others': [
    'CREATE TABLE tags (id int); CREATE INDEX CONCURRENTLY i ON users (name)',
    'DROP INDEX i; DROP TABLE tags',
    'ok',
    [],
    'block',
    ['down-drop-created-table', 'non-transactional'],
  ],
  'a statement that is built as it runs': [
    "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'users'; END $$",
    '',
    'warn',
    ['opaque-code'],
    'block',
    ['empty-down', 'opaque-code'],
  ],
  'a block that can be read': [
    'DO $$ BEGIN DELETE FROM users WHERE age = 1; END $$',
    '',
    'ok',
    [],
    'block',
    ['empty-down', 'up-delete-some'],
  ],
  'a function that nobody knows': [
    'SELECT rebuild_everything()',
    'SELECT 1',
    'warn',
    ['opaque-code'],
    'block',
    ['empty-down', 'opaque-code'],
  ],
  'the catalogue': [
    "UPDATE pg_catalog.pg_class SET relname = 'x' WHERE relname = 'y'",
    '',
    'block',
    ['catalog-write'],
    'block',
    ['catalog-write', 'empty-down'],
  ],
  'what does not parse': [
    'CREATE TABL tags (id int)',
    'DROP TABLE tags',
    'block',
    ['unparseable'],
    'block',
    ['down-drop-preexisting', 'down-incomplete', 'unparseable'],
  ],
  'a NUL byte': ['SELECT 1\0; DROP TABLE users', 'SELECT 1', 'block', ['unparseable'], 'block', ['empty-down', 'unparseable']],
  'a comment on a table': ['COMMENT ON TABLE users IS $$x$$', '', 'ok', [], 'block', ['empty-down']],
  'nothing at all': ['-- nothing', '-- nothing', 'ok', [], 'ok', []],
  'rights that go': ['REVOKE SELECT ON users FROM app', 'GRANT SELECT ON users TO app', 'block', ['revoke-or-rls'], 'ok', []],
  'row security': [
    'ALTER TABLE users ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE users DISABLE ROW LEVEL SECURITY',
    'block',
    ['revoke-or-rls'],
    'ok',
    [],
  ],
  'an identity on an old column': [
    'ALTER TABLE posts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY',
    'ALTER TABLE posts ALTER COLUMN id DROP IDENTITY',
    'block',
    ['generated-column'],
    'ok',
    [],
  ],
};

describe('the verdicts on a migration', () => {
  it.each(Object.entries(CASES))('given %s, then both are as the catalogue has them', (_name, given) => {
    expect(verdictsOf(given)).toEqual(given.slice(2));
  });
});

describe('a transaction of its own', () => {
  const outside = (text: string) => [{ file: 'x.sql', line: 1, text, outsideTransaction: true as const }];
  const judgedOutside = (up: string) =>
    analyse(
      { before: [], judged: [{ id: '1', name: '', up: outside(up), down: outside('BEGIN; DROP TABLE tags; COMMIT') }] },
      { isWhole: true, preservesData: false },
    )[0]!;

  it('given a tool that opens none, then one around everything is right; one inside is not, nor is CONCURRENTLY in one', () => {
    expect(judgedOutside('BEGIN; CREATE TABLE tags (id int); COMMIT')).toMatchObject({ keep_schema: 'ok', run_down: 'warn' });
    expect(judgedOutside('CREATE TABLE tags (id int); BEGIN; COMMIT').run_down).toBe('block');
    expect(judgedOutside('BEGIN; CREATE TABLE tags (id int); CREATE INDEX CONCURRENTLY i ON tags (id); COMMIT').run_down).toBe('block');
  });

  it('given a tool that opens one, then a down that cannot be in it fails; where nobody knows who runs it, it may do', () => {
    const base = { id: '0', name: '', up: [{ file: 'y.sql', line: 1, text: 'CREATE TABLE tags (id int)' }], down: 'none' as const };
    const judgedIn = (bounds: { hasTool?: true }, more: { outsideTransaction?: true } = {}) => {
      const script = (text: string) => [{ file: 'x.sql', line: 1, text, ...more }];
      const pair = { id: '1', name: '', up: script('CREATE INDEX CONCURRENTLY i ON tags (id)'), down: script('DROP INDEX CONCURRENTLY i') };
      return analyse({ before: [base], judged: [pair] }, { isWhole: true, preservesData: false, ...bounds })[0]!;
    };
    expect(judgedIn({ hasTool: true })).toMatchObject({ keep_schema: 'ok', run_down: 'block' });
    expect(judgedIn({ hasTool: true }, { outsideTransaction: true })).toMatchObject({ keep_schema: 'ok', run_down: 'ok' });
    expect(judgedIn({})).toMatchObject({ keep_schema: 'ok', run_down: 'ok' });
  });
});
