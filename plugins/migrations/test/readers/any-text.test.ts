import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READERS } from '../../src/readers/index.js';
import { folderOf, misplaced, scriptsOf } from './folder.js';

/** Where a file of each tool lies, and whether its texts stand in it as they are. */
const FILES: Readonly<
  Record<
    string,
    { readonly file: string; readonly isProgram?: true; readonly around?: Readonly<Record<string, string>>; readonly head?: string }
  >
> = {
  'golang-migrate': { file: '1_a.up.sql' },
  dbmate: { file: '1_a.sql', head: '-- migrate:up\n' },
  goose: { file: '1_a.sql', head: '-- +goose Up\n' },
  diesel: { file: '1_a/up.sql', around: { '1_a/down.sql': '' } },
  'node-pg-migrate': { file: '1_a.sql' },
  knex: { file: '1_a.js', isProgram: true },
  sequelize: { file: '1_a.js', isProgram: true },
  typeorm: { file: '1_a.ts', isProgram: true },
  prisma: { file: '1_a/migration.sql' },
  drizzle: { file: '0000_a.sql', around: { 'meta/_journal.json': '{"entries":[{"tag":"0000_a","when":1}]}' } },
  flyway: { file: 'V1__a.sql' },
  liquibase: { file: 'a.sql', head: '--liquibase formatted sql\n--changeset z:0\n' },
  sqitch: { file: 'sqitch.plan', head: '%project=a\n\n' },
  rails: { file: '1_a.rb' },
  alembic: { file: 'a.py' },
  django: { file: '0001_a.py' },
};

/** Texts of what the readers look for, in any order. */
const fragments = fc.constantFrom(
  ...[
    '-- migrate:up',
    '-- migrate:down',
    '-- migrate:up transaction:false',
    '-- +goose Up',
    '-- +goose Down',
    '-- +goose StatementBegin',
    '-- +goose StatementEnd',
  ],
  ...[
    '-- +goose NO TRANSACTION',
    '-- +goose ENVSUB ON',
    '-- Up Migration',
    '-- Down Migration',
    '--liquibase formatted sql',
    '--changeset a:1',
    '--changeset b:2 dbms:postgresql',
  ],
  ...[
    '--rollback DROP TABLE a;',
    '--rollback not required',
    '/* liquibase rollback',
    '*/',
    '--ignoreLines:1',
    '--ignoreLines:start',
    '--comment x',
    '--> statement-breakpoint',
  ],
  ...['SELECT 1;', 'SELECT 1', "'", '"', '$$', '$a$', '`', '{{ x }}', '${x}', '%%', '\uFEFF', '\0', '\r', ' ', '\t', '/*', "E'\\", ';'],
  ...[
    '%project=a',
    'a 2024-01-01T00:00:00Z A <a@b>',
    '@v1 2024-01-01T00:00:00Z A <a@b>',
    "revision = 'a'",
    "down_revision = ('b', [",
    'class Migration:',
    "    dependencies = [('a', '0001_a')]",
  ],
  ...[
    'module.exports = {',
    'up: (knex) => knex.raw(`',
    '`),',
    '};',
    'export class A1700000000000 {',
    "async up(q) { await q.query('a') }",
    '}',
    "exports.up = (q) => q.sequelize.query('x');",
  ],
);
const anyText = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 4, arbitrary: fragments }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) }),
      fc.constantFrom('\n', '\n', '\r\n', ''),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.flat().join(''));

describe('a reader with any text before it', () => {
  it.each(READERS.map((reader) => [reader.name, reader] as const))(
    'given %s, then it never throws, and what it shows stands where it says',
    (name, reader) => {
      const { file, isProgram = false, around = {}, head = '' } = FILES[name]!;
      const folder = folderOf({ ...around, [file]: '' });
      fc.assert(
        fc.property(anyText, fc.boolean(), (text, isHeaded) => {
          writeFileSync(join(folder, file), isHeaded ? `${head}${text}` : text);
          reader.recognises(folder);
          const history = reader.read(folder);
          for (const script of history.migrations.flatMap(scriptsOf)) expect(script.line).toBeGreaterThan(0);
          if (!isProgram) expect(misplaced(folder, history)).toEqual([]);
          expect(reader.read(folder)).toEqual(history);
        }),
        { numRuns: 250 },
      );
    },
  );

  it.each(READERS.map((reader) => [reader.name, reader] as const))('given %s and any bytes, then it never throws', (name, reader) => {
    const { file, around = {} } = FILES[name]!;
    const folder = folderOf({ ...around, [file]: '' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        writeFileSync(join(folder, file), bytes);
        reader.recognises(folder);
        reader.read(folder);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a reader with files of any name', () => {
  const names = fc.tuple(
    fc.constantFrom('', '1', '001', '20240101', '99999999999999999999999', 'V1', 'V1.2', 'U1', 'R', '-', 'é', '1-1'),
    fc.constantFrom('_', '__', '', '.'),
    fc.constantFrom('a', 'postgres', 'a.mysql', '', 'constructor', 'autocommit'),
    fc.constantFrom(
      '.up.sql',
      '.down.sql',
      '.sql',
      '.js',
      '.ts',
      '.go',
      '.py',
      '.rb',
      '.SQL',
      '.xml',
      '/up.sql',
      '/migration.sql',
      '/V1__x.sql',
    ),
  );

  it('given any of them, then none throws, and no two migrations have one id unless that is reported', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          names.map((parts) => parts.join('')),
          { maxLength: 8 },
        ),
        (paths) => {
          const usable = paths.filter(
            (path) => !path.startsWith('/') && !path.startsWith('./') && !paths.some((other) => other.startsWith(`${path}/`)),
          );
          const folder = folderOf(Object.fromEntries(usable.map((path) => [path, ''])));
          for (const reader of READERS) {
            reader.recognises(folder);
            const { migrations, flaws } = reader.read(folder);
            const isReported = flaws.some(({ rule }) => rule === 'duplicate-version');
            if (!isReported) expect(new Set(migrations.map(({ id }) => id)).size).toBe(migrations.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
