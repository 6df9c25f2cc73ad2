import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '../src/sql/dialects/split.js';

const DIALECTS = ['mysql', 'sqlite'] as const;
const inner = fc.string({ unit: fc.constantFrom('a', ';', ' ', '-', '#', '/', '*', '\n', '`', '(', "'") });
const quoted = (quote: string) => inner.map((each) => `${quote}${each.replaceAll(quote, quote + quote)}${quote}`);
const word = fc.constantFrom('SELECT', 'x', '12', 'END', 'CASE', 'BEGIN', ',', '(', ')');
const comment = fc.oneof(
  inner.map((each) => `/* ${each.replaceAll('*', '')} */`),
  inner.map((each) => `-- ${each.replaceAll('\n', '')}\n`),
);
const piece = fc.oneof(word, quoted("'"), quoted('`'), comment);
/** Never empty: it begins with a word. */
const statement = fc.array(piece).map((each) => `SELECT ${each.join(' ')}`);

describe('statements of a script', () => {
  it.each(DIALECTS)('given any statements of %s with quotes and comments, then each of them is found, where it begins', (dialect) => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1 }), (statements) => {
        const text = statements.join('\n;\n');
        const found = split(text, dialect);
        expect(found.map(({ text: each }) => each)).toEqual(statements.map((each) => each.trim()));
        for (const each of found) expect(text.startsWith(each.text, each.start)).toBe(true);
      }),
    );
  });

  it.each(DIALECTS)('given any comments of %s, then nothing of them is code, and lines stay where they are', (dialect) => {
    fc.assert(
      fc.property(fc.array(comment), (comments) => {
        const [found, ...more] = split(`SELECT 1 ${comments.join(' ')}\n+ 2`, dialect);
        expect([found!.code.replace(/\s+/g, ' '), more]).toEqual(['SELECT 1 + 2', []]);
        expect(found!.code.split('\n').length).toBe(`SELECT 1 ${comments.join(' ')}\n+ 2`.split('\n').length);
      }),
    );
  });

  it('given a comment that MySQL executes, then what stands in it is code there, and none in SQLite', () => {
    expect(split('SELECT 1; /*!40101 DROP TABLE a */', 'mysql').map(({ code }) => code)).toEqual(['SELECT 1', 'DROP TABLE a']);
    expect(split('SELECT 1; /*!40101 DROP TABLE a */', 'sqlite').map(({ code }) => code)).toEqual(['SELECT 1']);
  });

  it('given backslashes, then they keep a quote open in MySQL alone', () => {
    expect(split("SELECT 'a\\'; DROP TABLE b; -- '", 'sqlite').map(({ code }) => code)).toEqual(["SELECT 'a\\'", 'DROP TABLE b']);
    expect(split("SELECT 'a\\'; DROP TABLE b; -- '", 'mysql')).toHaveLength(1);
  });

  it('given a trigger of SQLite, then it ends with its own END', () => {
    const trigger = 'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = CASE WHEN 1 THEN 2 END; DELETE FROM b; END';
    expect(split(`${trigger}; SELECT 1;`, 'sqlite').map(({ code }) => code)).toEqual([trigger, 'SELECT 1']);
  });

  it('given texts in double quotes, then MySQL has them for texts', () => {
    expect(split(`SELECT "it's", "a""b", "c\\"d"`, 'mysql')[0]!.code).toBe(`SELECT 'it''s', 'a\\"b', 'c\\"d'`);
    expect(split(`SELECT "a\\\\'"`, 'mysql')[0]!.code).toBe(`SELECT 'a\\\\'''`);
  });
});
