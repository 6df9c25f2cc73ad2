import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { READERS, readHistory } from '../../src/readers/index.js';
import { folderOf } from './folder.js';

const SAMPLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'golang-migrate': { '1_users.up.sql': 'SELECT 1', '1_users.down.sql': 'SELECT 1', 'README.md': '', '.gitkeep': '' },
  dbmate: { '20240101_users.sql': '-- migrate:up\n-- migrate:down\n' },
  goose: { '00001_users.sql': '-- +goose Up\nSELECT 1;\n' },
  diesel: { '2024-01-01-000000_users/up.sql': 'SELECT 1', '2024-01-01-000000_users/down.sql': '' },
  'node-pg-migrate': { '1700000000000_users.sql': '-- Up Migration\nSELECT 1;\n-- Down Migration\n' },
  knex: { '20240101000000_users.js': 'exports.up = (knex) => knex.schema.dropTable("a");' },
  sequelize: { '20240101000000-users.js': 'module.exports = { async up(queryInterface) { await queryInterface.dropTable("a"); } };' },
  typeorm: {
    '1700000000000-Users.ts':
      "import { MigrationInterface } from 'typeorm';\nexport class Users1700000000000 implements MigrationInterface {}",
  },
  prisma: { 'migration_lock.toml': 'provider = "postgresql"', '20240101000000_users/migration.sql': 'SELECT 1' },
  drizzle: { 'meta/_journal.json': '{"dialect":"postgresql","entries":[]}' },
  flyway: { 'V1__users.sql': 'SELECT 1', 'V1.1__more.sql': 'SELECT 1' },
  liquibase: { 'V1__users.sql': '--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n' },
  sqitch: { 'sqitch.plan': '%syntax-version=1.0.0\n%project=a\n\n', 'deploy/users.sql': '' },
  rails: { '20240101000000_users.rb': 'class Users < ActiveRecord::Migration[7.1]\nend\n' },
  alembic: { '1a_users.py': 'revision = "1a"\ndown_revision = None\n' },
  django: { '__init__.py': '', '0001_initial.py': 'class Migration(migrations.Migration):\n    dependencies = []\n' },
};

describe('a folder whose tool is not named', () => {
  it('given the readers, then each has a sample here', () => {
    expect(READERS.map(({ name }) => name).sort()).toEqual(Object.keys(SAMPLES).sort());
  });

  it.each(Object.entries(SAMPLES))('given one of %s, then it alone recognises it', (name, files) => {
    const folder = folderOf(files);
    expect(READERS.filter((reader) => reader.recognises(folder)).map((reader) => reader.name)).toEqual([name]);
    expect(readHistory(folder).reader).toBe(name);
  });

  it.each(['golang-migrate', 'dbmate', 'goose', 'diesel'])(
    'given a folder of %s for each database, then that of PostgreSQL is read',
    (name) => {
      const files = Object.entries(SAMPLES[name]!).flatMap(([path, text]) =>
        ['mysql', 'postgres'].map((each) => [`${each}/${path}`, text]),
      );
      const { reader, history } = readHistory(folderOf(Object.fromEntries(files)));
      expect(reader).toBe(name);
      expect(history.dialect).toBe('postgres');
      expect(history.migrations[0]!.up[0]!.file).toMatch(/^postgres\//);
      expect(history.flaws.map(({ rule }) => rule)).toEqual(['several-dialects']);
    },
  );

  it('given a folder for each database and one that is wanted, then that one is read, and nothing where it is not there', () => {
    const folder = folderOf({ 'mysql/1_a.up.sql': 'SELECT 1', 'postgres/1_a.up.sql': 'SELECT 2', 'seeds/1_a.up.sql': 'SELECT 3' });
    const { history } = readHistory(folder, { dialect: 'mysql' });
    expect(history).toMatchObject({ dialect: 'mysql', flaws: [], migrations: [{ up: [{ file: 'mysql/1_a.up.sql', text: 'SELECT 1' }] }] });
    const missing = readHistory(folder, { dialect: 'sqlite' }).history;
    expect(missing).toMatchObject({ migrations: [], flaws: [{ level: 'block', rule: 'dialect-missing' }] });
  });

  it('given marks of two tools, then it says which, and the name of one decides', () => {
    const folder = folderOf({ '1_a.sql': '-- +goose Up\nSELECT 1;\n', '2_b.sql': '-- migrate:up\n-- migrate:down\n' });
    expect(() => readHistory(folder)).toThrow(
      expect.objectContaining({ code: 'SHIP_MIGRATIONS_AMBIGUOUS', message: expect.stringMatching(/dbmate and of goose$/) }),
    );
    expect(readHistory(folder, { tool: 'goose' }).reader).toBe('goose');
  });

  it('given no folder, an empty one, or something else in it, then it says that there is nothing to read', () => {
    for (const folder of ['/nowhere/at/all', folderOf({}), folderOf({ 'README.md': 'no', 'seeds.sql': 'SELECT 1' })])
      expect(() => readHistory(folder)).toThrow(expect.objectContaining({ code: 'SHIP_MIGRATIONS_NONE' }));
    expect(() => readHistory('/nowhere', { tool: 'goose' })).toThrow(expect.objectContaining({ code: 'SHIP_MIGRATIONS_NONE' }));
  });

  it('given a tool that is not known, then it names those that are, and the nearest', () => {
    const expected = {
      code: 'SHIP_MIGRATIONS_TOOL_UNKNOWN',
      hint: 'Did you mean `tool: goose`?',
      message: expect.stringContaining('sqitch'),
    };
    expect(() => readHistory(folderOf({}), { tool: 'gose' })).toThrow(expect.objectContaining(expected));
  });

  it.skipIf(process.getuid?.() === 0)('given a folder below that may not be entered, then that is the problem it reports', () => {
    const folder = folderOf({ 'V1__a.sql': 'SELECT 1' });
    mkdirSync(join(folder, 'closed'));
    chmodSync(join(folder, 'closed'), 0o000);
    expect(() => readHistory(folder, { tool: 'flyway' })).toThrow(
      expect.objectContaining({ code: 'SHIP_MIGRATIONS_NONE', message: expect.stringContaining('EACCES') }),
    );
    chmodSync(join(folder, 'closed'), 0o700);
  });
});
