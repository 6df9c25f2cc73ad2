import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNotPlain } from '../../src/printed/plain-javascript.js';

const up = (body: string) => `exports.up = (pgm) => {\n  ${body}\n};\n`;

describe('a module of node-pg-migrate', () => {
  it.each([
    ['calls of the builder', up("pgm.createTable('a', { id: 'id' });")],
    ['loops and conditions of its own', up("for (const name of ['a', 'b']) if (name !== 'c') pgm.dropTable(name);")],
    ['a function beside it', `const drop = (pgm, name) => pgm.dropTable(name);\n${up("drop(pgm, 'a');")}`],
    [
      'types',
      "import type { MigrationBuilder } from 'node-pg-migrate';\nexport async function up(pgm: MigrationBuilder): Promise<void> { pgm.sql('a' as string); }",
    ],
    ['a literal of the tool', `const { PgLiteral } = require('node-pg-migrate');\n${up("pgm.sql(new PgLiteral('a'));")}`],
  ])('given %s, then it has nothing else to act with', (_, text) => {
    expect(whyNotPlain(text)).toBeUndefined();
  });

  it.each([
    ['the database', up("await_(pgm.db.query('a'));")],
    ['a variable of the environment', up('if (process.env.A) pgm.sql("a");')],
    ['the network', up("fetch('http://a');")],
    ['another module', `const fs = require('fs');\n${up('pgm.sql("a");')}`],
    ['another module, imported', `import fs from 'node:fs';\n${up('pgm.sql("a");')}`],
    ['another module, later', up("import('pg');")],
    ['all of the tool', `const tool = require('node-pg-migrate');\n${up('tool.runner();')}`],
    ['the runner of the tool', `import { runner } from 'node-pg-migrate';\n${up('runner();')}`],
    ['the time', up('pgm.sql(String(Date.now()));')],
    ['chance', up('pgm.sql(String(Math.random()));')],
    ['code in a text', up("eval('a');")],
    ['code in a text, by a way around', up("pgm.sql.constructor('a')();")],
    ['code in a text, by another', up("pgm['sql']['constructor']('a')();")],
    ['the database, taken apart', "exports.up = ({ db }) => db.query('a');"],
    ['the world around', up('globalThis.a();')],
    ['what a function stands in', up('(function () { this.a(); })();')],
    ['an enum', `enum A { b = process.pid }\n${up('pgm.sql("a");')}`],
    ['another module, handed on', `export { up } from './other.js';`],
    ['a syntax error', 'exports.up = ('],
  ])('given %s, then it may do what the builder does not see', (_, text) => {
    expect(whyNotPlain(text)).toEqual(expect.any(String));
  });

  it('given any text, then it never throws', () => {
    const fragments = fc.constantFrom(
      'exports.up = ',
      '(pgm) => ',
      '{',
      '}',
      '(',
      ')',
      'pgm.sql(`a`)',
      'process',
      ';',
      'class A',
      'import ',
      ': string',
      '\n',
    );
    fc.assert(fc.property(fc.array(fragments, { maxLength: 12 }), (parts) => void whyNotPlain(parts.join(''))));
  });
});
