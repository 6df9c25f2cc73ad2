import { describe, expect, it } from 'vitest';
import { alembic } from '../../src/readers/alembic.js';
import { django } from '../../src/readers/django.js';
import { knex } from '../../src/readers/knex.js';
import { assignmentsIn, UNKNOWN } from '../../src/readers/python.js';
import { rails } from '../../src/readers/rails.js';
import { sequelize } from '../../src/readers/sequelize.js';
import { typeorm } from '../../src/readers/typeorm.js';
import { folderOf, idsOf, misplaced, rulesOf, textsOf } from './folder.js';

const OPAQUE = [expect.stringMatching(/^opaque: it is a program/)];

describe('TypeORM', () => {
  const classOf = (up: string, down: string, more = '') => `import { MigrationInterface, QueryRunner } from 'typeorm';
export class AddUsers1700000000000 implements MigrationInterface {
  ${more}
  public async up(queryRunner: QueryRunner): Promise<void> {
    ${up}
  }
  public async down(queryRunner: QueryRunner): Promise<void> {
    ${down}
  }
}
`;
  const one = (up: string, down: string, more?: string) => {
    const { up: first, down: second } = typeorm.read(folderOf({ '1700000000000-AddUsers.ts': classOf(up, down, more) })).migrations[0]!;
    return [textsOf(first), textsOf(second)];
  };

  it('given plain texts, then each is a script in its line', () => {
    const folder = folderOf({
      '1700000000000-AddUsers.ts': classOf(
        'await queryRunner.query(`\n      CREATE TABLE "a" (\n        id int\n      )`);',
        `await queryRunner.query('DROP TABLE "a"');\n    return queryRunner.query("SELECT 1");`,
      ),
    });
    const history = typeorm.read(folder);
    expect(history).toEqual({
      migrations: [
        {
          id: 'AddUsers1700000000000',
          name: 'AddUsers',
          up: [{ file: '1700000000000-AddUsers.ts', line: 5, text: '\n      CREATE TABLE "a" (\n        id int\n      )' }],
          down: [
            { file: '1700000000000-AddUsers.ts', line: 11, text: 'DROP TABLE "a"' },
            { file: '1700000000000-AddUsers.ts', line: 12, text: 'SELECT 1' },
          ],
        },
      ],
      flaws: [],
    });
    expect(misplaced(folder, history)).toEqual([]);
  });

  it('given escapes, then the text is what is run', () => {
    expect(one('await queryRunner.query(`DROP TABLE \\`a\\`\\nx`);', "await queryRunner.query('it\\'s');")).toEqual([
      ['DROP TABLE `a`\nx'],
      ["it's"],
    ]);
  });

  it.each([
    ['something put in', 'await queryRunner.query(`DROP TABLE ${name}`);'],
    ['texts put together', "await queryRunner.query('a' + 'b');"],
    ['values', "await queryRunner.query('DELETE FROM a WHERE b = $1', [1]);"],
    ['another call', "await queryRunner.dropTable('a');"],
    ['a call on something else', "await other.query('a');"],
    ['no waiting', "queryRunner.query('a');"],
    ['a condition', "if (x) await queryRunner.query('a');"],
    ['a result', "const x = await queryRunner.query('a');"],
    ['a tag', 'await queryRunner.query(sql`a`);'],
    ['a computed name', "await queryRunner['query']('a');"],
    ['a return that is not the last', "return queryRunner.query('a'); await queryRunner.query('b');"],
    ['several texts', "await Promise.all([queryRunner.query('a')]);"],
    ['what is spread', "await queryRunner.query(...['a']);"],
  ])('given %s, then that way is opaque, and the other is read', (_, body) => {
    expect(one("await queryRunner.query('a');", body)).toEqual([['a'], OPAQUE]);
  });

  it('given a way that only throws, then it is marked; one that does nothing is run all the same', () => {
    expect(one('', "throw new Error('no way back');")).toEqual([[''], 'irreversible']);
  });

  it('given `transaction = false`, then it runs outside of one', () => {
    const [migration] = typeorm.read(
      folderOf({ 'a.ts': classOf("await queryRunner.query('a');", '', 'public readonly transaction = false;') }),
    ).migrations;
    expect(migration!.up[0]!.outsideTransaction).toBe(true);
  });

  it('given names, then they give the order and not the files; two with one name block', () => {
    const named = (name: string) => `module.exports = class ${name} { async up(queryRunner) {} async down(queryRunner) {} };`;
    const history = typeorm.read(
      folderOf({ '1-a.js': named('B1700000000002'), '2-b.js': named('A1700000000001'), 'index.js': '', 'x.d.ts': 'export {}' }),
    );
    expect(idsOf(history)).toEqual(['A1700000000001', 'B1700000000002']);
    expect(rulesOf(typeorm.read(folderOf({ 'a.js': named('A1700000000001'), 'b.js': named('A1700000000001') })))).toEqual([
      'block duplicate-version',
    ]);
    expect(rulesOf(typeorm.read(folderOf({ 'a.js': named('A1700000000001'), 'b.js': named('B1700000000001') })))).toEqual([
      'warn same-timestamp',
    ]);
    expect(rulesOf(typeorm.read(folderOf({ 'a.js': named('A') })))).toEqual(['block refused-by-tool']);
    const renamed = "export class X { name = 'Renamed1700000000003'; async up(queryRunner) {} }";
    expect(typeorm.read(folderOf({ 'a.js': renamed })).migrations).toMatchObject([{ id: 'Renamed1700000000003', down: 'none' }]);
  });

  it('given what cannot be parsed, then the name of the file counts', () => {
    const history = typeorm.read(folderOf({ '1700000000000-AddUsers.ts': 'export class {', 'helper.ts': '(' }));
    expect(history.migrations).toMatchObject([
      { id: 'AddUsers1700000000000', up: [{ opaque: expect.stringMatching(/cannot be parsed/) }] },
    ]);
  });
});

describe('Knex', () => {
  const one = (text: string, name = '20240101000000_add_users.js') => {
    const { up, down } = knex.read(folderOf({ [name]: text })).migrations[0]!;
    return [textsOf(up), textsOf(down)];
  };

  it.each([
    ['exports', "exports.up = async function (knex) { await knex.raw('a'); };\nexports.down = (knex) => knex.raw('b');"],
    [
      'module.exports',
      "'use strict';\nmodule.exports.up = (knex) => knex.schema.raw('a');\nmodule.exports.down = async (knex) => { return await knex.raw('b'); };",
    ],
    ['an object', "const up = (knex) => knex.raw('a');\nasync function down(k) { await k.raw('b'); }\nmodule.exports = { up, down };"],
    [
      'a module',
      "import x from 'x';\nexport async function up(knex) { await knex.raw(`a`); }\nexport const down = (knex) => knex.raw('b');",
    ],
    [
      'names that are exported later',
      "async function up(knex) { await knex.raw('a'); }\nconst down = (knex) => knex.raw('b');\nexport { up, down };",
    ],
    [
      'types',
      "import type { Knex } from 'knex';\ntype X = { a: number };\nexport async function up(knex: Knex): Promise<void> { await knex.raw('a'); }\nexport async function down(knex: Knex): Promise<void> { await knex.raw('b'); }",
    ],
    [
      'the marks of a compiler',
      "'use strict';\nObject.defineProperty(exports, '__esModule', { value: true });\nconst a = require('a');\nexports.up = (knex) => knex.raw('a');\nexports.down = (knex) => knex.raw('b');",
    ],
  ])('given %s, then both ways are read', (_, text) => {
    expect(one(text, '1_a.ts')).toEqual([['a'], ['b']]);
  });

  it.each([
    ['exports that change', "exports.up = (knex) => knex.raw('a');\nexports.down = (knex) => knex.raw('b');\nexports.up = exports.down;"],
    ['a module that does something', "exports.up = (knex) => knex.raw('a');\nexports.down = (knex) => knex.raw('b');\nglobalThis.x = 1;"],
    ['exports that are wrapped', "module.exports = wrap({ up: (knex) => knex.raw('a') });"],
    ['what is spread', "module.exports = { ...other, up: (knex) => knex.raw('a') };"],
    ['what is exported from elsewhere', "export { up, down } from './other.js';"],
    ['no function', 'exports.up = other;\nexports.down = other;'],
    ['a syntax error', 'exports.up = ('],
    ['a transaction that something decides', "exports.up = (knex) => knex.raw('a');\nexports.config = { transaction: isSo };"],
  ])('given %s, then it is opaque both ways', (_, text) => {
    expect(one(text)).toEqual([OPAQUE, OPAQUE]);
  });

  it('given a `?`, which Knex replaces, then it is opaque', () => {
    expect(one("exports.up = (knex) => knex.raw('SELECT a ? b');\nexports.down = () => {};")).toEqual([OPAQUE, ['']]);
  });

  it('given no transaction and no way back, then that is what it is', () => {
    const [migration] = knex.read(
      folderOf({ '1_a.js': "exports.up = (knex) => knex.raw('a');\nexports.config = { transaction: false };" }),
    ).migrations;
    expect(migration).toMatchObject({ up: [{ text: 'a', outsideTransaction: true }], down: 'none' });
  });

  it('given files, then the ids are their names with what they end with, sorted as texts', () => {
    const history = knex.read(
      folderOf({ '20240102_b.js': '', '20240101_a.ts': '', 'x.coffee': '', 'types.d.ts': '', '.gitkeep': '', 'notes.md': '' }),
    );
    expect(history.migrations.map(({ id, name }) => `${id} ${name}`)).toEqual(['20240101_a.ts a', '20240102_b.js b', 'x.coffee x']);
  });
});

describe('Sequelize', () => {
  it.each([
    [
      'methods',
      "module.exports = { async up(queryInterface, Sequelize) { await queryInterface.sequelize.query('a'); }, async down(queryInterface) { throw new Error('no'); } };",
      [['a'], 'irreversible'],
    ],
    [
      'arrows',
      "module.exports = { up: (q) => q.sequelize.query('a'), down: async (q) => { await q.sequelize.query(`b`); } };",
      [['a'], ['b']],
    ],
    [
      'umzug',
      "exports.up = async ({ context: q }) => { await q.sequelize.query('a'); };\nexports.down = async ({ context }) => { await context.sequelize.query('b'); };",
      [['a'], ['b']],
    ],
    [
      'options',
      "module.exports = { up: (q) => q.sequelize.query('a', { transaction }), down: (q) => q.dropTable('a') };",
      [OPAQUE, OPAQUE],
    ],
  ])('given %s, then what is plain is read', (_, text, expected) => {
    const [migration] = sequelize.read(folderOf({ '20240101-a.js': text })).migrations;
    expect([textsOf(migration!.up), textsOf(migration!.down)]).toEqual(expected);
    expect(migration!.up[0]!.opaque === undefined ? migration!.up[0]!.outsideTransaction : true).toBe(true);
  });

  it('given files, then the ids are their names, as the table has them', () => {
    expect(idsOf(sequelize.read(folderOf({ '20240102-b.js': '', '20240101-a.cjs': '', 'x.d.ts': '', 'y.json': '' })))).toEqual([
      '20240101-a.cjs',
      '20240102-b.js',
    ]);
  });
});

describe('Rails', () => {
  it('given programs in Ruby, then they are opaque, by their versions', () => {
    const history = rails.read(
      folderOf({ '20240102000000_add_b.rb': 'b', '003_add_a.rb': 'a', '20240103_X.rb': '', 'schema.rb': '', '../structure.sql': '' }),
    );
    expect(history.migrations.map(({ id, name, up }) => [id, name, textsOf(up)])).toEqual([
      ['3', 'add_a', ['opaque: it is a program in Ruby']],
      ['20240102000000', 'add_b', ['opaque: it is a program in Ruby']],
    ]);
    expect(rulesOf(history)).toEqual(['warn stray-file']);
    expect(rulesOf(rails.read(folderOf({ '1_a.rb': '', '01_b.rb': '', '2_a.rb': '' })))).toEqual([
      'block duplicate-version',
      'block duplicate-version',
    ]);
  });
});

describe('values in Python', () => {
  it.each([
    ["x = 'a'", 'a'],
    ['x = "a" # note', 'a'],
    ['x: str = "a"', 'a'],
    ['x: Union[str, None] = None', null],
    ["x = ('a', 'b')", ['a', 'b']],
    ["x = 'a', 'b'", ['a', 'b']],
    ["x = ('a')", 'a'],
    ["x = ('a',)", ['a']],
    ['x = [\n  ("a", "b"),  # note ) \n  f(1, [2]),\n  ("c", d),\n]', [['a', 'b'], UNKNOWN, ['c', UNKNOWN]]],
    ["x = 'a' 'b'", 'ab'],
    ["x = f'a{b}'", UNKNOWN],
    ["x = 'a' + 'b'", UNKNOWN],
    ['x = f(y)', UNKNOWN],
    ["x = 'a\\x41'", UNKNOWN],
    ['"""\nx = \'no\'\n"""\nx = \'a\'', 'a'],
    ["x = 'a'\nx == 'b'", 'a'],
    ["y = (\n'1',\nx)\nx = 'a'", 'a'],
  ])('given %j, then it is read', (text, expected) => {
    expect(assignmentsIn(text).get('x')).toEqual(expected);
  });

  it('given an assignment in a function, then it is none of the module', () => {
    expect(assignmentsIn("def f():\n    x = 'a'\n").get('x')).toBeUndefined();
    expect(assignmentsIn("class A:\n    x = 'a'\n", { isInside: true }).get('x')).toBe('a');
  });
});

describe('Alembic', () => {
  const revision = (id: string, down: string, more = '') =>
    `"""title\n\nRevises: x\n"""\nfrom alembic import op\n\nrevision = '${id}'\ndown_revision = ${down}\n${more}\ndef upgrade():\n    op.execute("SELECT 1")\n`;

  it('given revisions, then each comes after the one that it names, whatever the files are called', () => {
    const history = alembic.read(
      folderOf({
        'a_third.py': revision('a', "'b'"),
        'b_second.py': revision('b', "'c'"),
        'c_first.py': revision('c', 'None'),
        '__init__.py': '',
        'helper.py': 'x = 1\n',
      }),
    );
    expect(history.migrations.map(({ id, name, up }) => [id, name, textsOf(up)])).toEqual([
      ['c', 'first', [expect.stringMatching(/program in Python/)]],
      ['b', 'second', [expect.stringMatching(/program in Python/)]],
      ['a', 'third', [expect.stringMatching(/program in Python/)]],
    ]);
    expect(history.flaws).toEqual([]);
  });

  it('given a folder with versions/, then those are read', () => {
    const history = alembic.read(folderOf({ 'env.py': '', 'versions/a_x.py': revision('a', 'None') }));
    expect(history.migrations[0]!.up[0]!.file).toBe('versions/a_x.py');
  });

  it.each([
    [
      'branches that were merged',
      { 'a.py': revision('a', 'None'), 'b.py': revision('b', "'a'"), 'c.py': revision('c', "'a'"), 'd.py': revision('d', "('b', 'c')") },
      [],
    ],
    ['two heads', { 'a.py': revision('a', 'None'), 'b.py': revision('b', "'a'"), 'c.py': revision('c', "'a'") }, ['warn several-heads']],
    ['one that is gone', { 'b.py': revision('b', "'a'") }, ['block missing-parent']],
    ['a circle', { 'a.py': revision('a', "'b'"), 'b.py': revision('b', "'a'") }, ['block cycle']],
    ['one twice', { 'a.py': revision('a', 'None'), 'b.py': revision('a', 'None') }, ['block duplicate-version']],
    ['what has to be run', { 'a.py': revision('a', 'parent()') }, ['block order-unknown']],
    ['a dependency on another branch', { 'a.py': revision('a', 'None', "depends_on = 'b'"), 'b.py': revision('b', 'None') }, []],
  ])('given %s, then that is reported', (_, files, expected) => {
    expect(
      rulesOf(alembic.read(folderOf(files))).filter((rule) => rule !== 'warn several-heads' || expected.includes('warn several-heads')),
    ).toEqual(expected);
  });
});

describe('Django', () => {
  const migration = (dependencies: string, more = '') =>
    `from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n\n${more}    dependencies = [\n${dependencies}    ]\n\n    operations = [migrations.RunSQL("SELECT 1")]\n`;
  const app = (files: Record<string, string>, label = 'shop') =>
    `${folderOf(Object.fromEntries(Object.entries(files).map(([name, text]) => [`${label}/migrations/${name}`, text])))}/${label}/migrations`;

  it('given dependencies, then they give the order, and those on other apps do not count', () => {
    const history = django.read(
      app({
        '__init__.py': '',
        '0002_a.py': migration("        ('shop', '0003_b'),\n        ('auth', '0001_initial'),\n"),
        '0003_b.py': migration('        ("shop", "0001_initial"),\n        migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n'),
        '0001_initial.py': migration(''),
        'helpers.py': 'x = 1\n',
      }),
    );
    expect(history.migrations.map(({ id, name }) => `${id} ${name}`)).toEqual(['0001_initial initial', '0003_b b', '0002_a a']);
    expect(history.flaws).toEqual([]);
    expect(textsOf(history.migrations[0]!.down)).toEqual([expect.stringMatching(/Django prints/)]);
  });

  it('given an app with a label of its own, then what most of them name is it', () => {
    const history = django.read(
      app({ '0001_initial.py': migration(''), '0002_a.py': migration("        ('labelled', '0001_initial'),\n") }),
    );
    expect(history.flaws).toEqual([]);
    expect(idsOf(history)).toEqual(['0001_initial', '0002_a']);
  });

  it.each([
    [
      'two ends',
      {
        '0001_a.py': migration(''),
        '0002_b.py': migration("        ('shop', '0001_a'),\n"),
        '0002_c.py': migration("        ('shop', '0001_a'),\n"),
      },
      ['block several-heads'],
    ],
    [
      'one that is gone',
      { '0002_b.py': migration("        ('shop', '0001_a'),\n"), '0003_c.py': migration("        ('shop', '0002_b'),\n") },
      ['block missing-parent'],
    ],
    [
      'a squashed one',
      {
        '0001_a.py': migration(''),
        '0002_b.py': migration("        ('shop', '0001_a'),\n"),
        '0001_s.py': migration('', "    replaces = [('shop', '0001_a'), ('shop', '0002_b')]\n"),
        '0003_c.py': migration("        ('shop', '0001_s'),\n"),
      },
      ['warn squashed'],
    ],
  ])('given %s, then that is reported', (_, files, expected) => {
    expect(rulesOf(django.read(app(files)))).toEqual(expected);
  });
});
