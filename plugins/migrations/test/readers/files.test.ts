import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diesel } from '../../src/readers/diesel.js';
import { flyway } from '../../src/readers/flyway.js';
import { golangMigrate } from '../../src/readers/golang-migrate.js';
import { anyPlaceholderIn, placeholderIn } from '../../src/readers/placeholder.js';
import { folderOf, idsOf, textsOf } from './folder.js';

const upOf = (content: string | Buffer) => golangMigrate.read(folderOf({ '1_a.up.sql': content })).migrations[0]!.up[0]!;

describe('a file as it is read', () => {
  it.each([
    ['UTF-16 with its mark', Buffer.from('\uFEFFSELECT 1', 'utf16le'), /UTF-16/],
    ['UTF-16 without a mark', Buffer.from('SELECT 1', 'utf16le'), /NUL byte/],
    ['a NUL byte', 'SELECT 1;\0 DROP TABLE a;', /NUL byte/],
    ['latin1', Buffer.from("SELECT 'caf\xe9'", 'latin1'), /not UTF-8/],
  ])('given %s, then it is opaque, and no text of it is shown', (_, content, reason) => {
    expect(upOf(content)).toMatchObject({ text: '', opaque: expect.stringMatching(reason) });
  });

  it('given a byte order mark, then it stays where the tool sends it, for PostgreSQL refuses it, and goes where the tool removes it', () => {
    expect(upOf('\uFEFFSELECT 1').text).toBe('\uFEFFSELECT 1');
    expect(flyway.read(folderOf({ 'V1__a.sql': '\uFEFFSELECT 1' })).migrations[0]!.up[0]!.text).toBe('SELECT 1');
  });

  it('given carriage returns, then the text keeps them', () => {
    expect(upOf('SELECT 1;\r\nSELECT 2;\r\n').text).toBe('SELECT 1;\r\nSELECT 2;\r\n');
  });

  it('given links, then they count as what they point at; one to nowhere is opaque, and a circle has an end', () => {
    const folder = folderOf({ 'shared/a.sql': 'SELECT 1', 'm/V1__a.sql': 'SELECT 0' });
    symlinkSync(join(folder, 'shared/a.sql'), join(folder, 'm/V2__b.sql'));
    symlinkSync(join(folder, 'gone.sql'), join(folder, 'm/V3__c.sql'));
    symlinkSync(join(folder, 'm'), join(folder, 'm/again'));
    const history = flyway.read(join(folder, 'm'));
    expect(idsOf(history)).toEqual(['1', '2', '3']);
    expect(history.migrations.map(({ up }) => textsOf(up))).toEqual([['SELECT 0'], ['SELECT 1'], ['opaque: it cannot be read: ENOENT']]);
  });

  it('given a folder that is named like a file, then it is none', () => {
    expect(idsOf(golangMigrate.read(folderOf({ '1_a.up.sql/x': '', '2_b.up.sql': '' })))).toEqual(['2']);
    expect(idsOf(diesel.read(folderOf({ '1_a/up.sql': 'SELECT 1', README: '' })))).toEqual(['1']);
  });
});

describe('a template', () => {
  it.each([
    'CREATE TABLE {{ .Schema }}.users (id int)',
    'CREATE TABLE ${schema}.users (id int)',
    'CREATE TABLE "${schema}"."users" (id int)',
    'SELECT 10 %% 3',
    '{% if x %} SELECT 1 {% endif %}',
    'DROP TABLE <%= name %>',
    "SELECT 'a''b' /* ' */ -- '\n, {{x}}",
    "SELECT E'a\\'' || {{x}} || ''",
    'SELECT $a$ $b$ $a$, {{x}}',
    '/* a /* b */ c */ {{x}}',
  ])('given %j, then it is opaque', (text) => {
    expect(placeholderIn(text)).toMatch(/^it is a template/);
  });

  it.each([
    "INSERT INTO a VALUES ('{{1,2},{3,4}}')",
    "INSERT INTO mails VALUES ('Dear {{ name }}, it''s {{ price }}')",
    "DO $$ BEGIN RAISE NOTICE '100 %% of ${x}'; END $$",
    'DO $a$ BEGIN PERFORM $$ {{x}} $$; END $a$',
    '-- {{ x }} and ${y}\nSELECT 1',
    '/* {{ x }} /* ${y} */ %% */ SELECT 1',
    "SELECT E'\\'{{x}}'",
    "SELECT a <% 'b' AND 'b' %> a",
    "UPDATE a SET b = b - 'x' WHERE c $1 $2",
  ])('given %j, where only quoted text and comments look like one, then it is plain SQL', (text) => {
    expect(placeholderIn(text)).toBeUndefined();
  });

  it('given a tool that fills in comments too, then they count', () => {
    expect(anyPlaceholderIn('-- ${x}', /\$\{[^}]*\}/)).toMatch(/`\$\{x\}`/);
  });

  it('given a long text without an end, then it is cut in no time', () => {
    const long = `SELECT '${'x'.repeat(500_000)}{{`;
    const start = performance.now();
    expect(placeholderIn(`${long}}} $$ /* "`)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
