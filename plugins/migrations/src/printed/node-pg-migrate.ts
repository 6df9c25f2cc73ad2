import { filesIn, sourceOf } from '../readers/files.js';
import { lineAt } from '../sql/statement.js';
import { NODE_PG_MIGRATE_PROGRAM } from './node-pg-migrate-program.js';
import { whyNotPlain } from './plain-javascript.js';
import { type Answer, answersIn, errorLineOf, type Place, type Printer, type Printout, type Wanted } from './printer.js';

/** The builder of node-pg-migrate collects SQL before it sends any: it is filled, and asked for what it would send. */
export const nodePgMigratePrinter: Printer = {
  name: 'node-pg-migrate',
  programs: /\.[cm]?[jt]s$/,
  async print(wanted, place) {
    const opaque = ({ source, way }: Wanted, why: string): Printout => ({
      opaque: `it is a program, and ${why}`,
      line: lineOf(source, way),
    });
    const whys = wanted.map((each) => whyNotPlain(each.source) ?? shorthandsBeside(each, place));
    const asked = wanted.filter((_, at) => whys[at] === undefined);
    const answers = asked.length === 0 ? [] : await answersOf(asked, place);
    return wanted.map((each, at): Printout => {
      const why = whys[at];
      if (why !== undefined) return opaque(each, why);
      const answer: Answer = typeof answers === 'string' ? { opaque: answers } : answers[asked.indexOf(each)]!;
      if ('irreversible' in answer) return 'irreversible';
      if ('opaque' in answer) return opaque(each, `node-pg-migrate prints nothing: ${answer.opaque}`);
      return { text: answer.text, line: lineOf(each.source, each.way), ...(!answer.atomic && { outsideTransaction: true }) };
    });
  },
};

/** Shorthands of a file hold in those after it, too, and may say of a column that it must have a value. */
function shorthandsBeside({ file }: Wanted, { folder }: Place): string | undefined {
  const other = filesIn(folder).find((name) => {
    if (file.endsWith(`/${name}`) || !nodePgMigratePrinter.programs.test(name)) return false;
    return /\bshorthands\b/.test(sourceOf(folder, name).text.replace(/\bshorthands\b(?:\s*:[^=;\n]*)?\s*=\s*undefined\b/g, ''));
  });
  return other === undefined ? undefined : `${other} has shorthands, which may be meant here as well`;
}

/** Where the way begins; a down that is inferred begins with the up. */
function lineOf(source: string, way: Wanted['way']): number {
  const at = [way, 'up'].map((name) => source.search(new RegExp(`^.*\\b${name}\\b\\s*[=:(]`, 'm'))).find((index) => index >= 0);
  return lineAt(source, at ?? 0, 1);
}

async function answersOf(asked: readonly Wanted[], place: Place): Promise<readonly Answer[] | string> {
  const env = { SHIP_MIGRATIONS_ASKED: JSON.stringify(asked.map(({ file, way }) => [file, way])) };
  const answer = await place.exec(['node', '--input-type=module', '-e', NODE_PG_MIGRATE_PROGRAM], { env });
  return answersIn(answer, asked.length) ?? errorLineOf(answer);
}
