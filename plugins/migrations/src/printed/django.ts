import { dirname, join, relative, sep } from 'node:path';
import { isFile } from '../readers/files.js';
import { lineAt } from '../sql/statement.js';
import { DJANGO_PROGRAM } from './django-program.js';
import { type Answer, answersIn, errorLineOf, type Place, type Printer, type Printing, type Printout, type Wanted } from './printer.js';

/** As `sqlmigrate` does, Django collects the SQL of a migration, and is asked of what that is not the whole. */
export const djangoPrinter: Printer = {
  name: 'django',
  programs: /\.py$/,
  async print(wanted, place) {
    const answers = await answersOf(wanted, place);
    return wanted.map((each, at): Printout => {
      const line = lineOf(each.source);
      const answer: Answer = typeof answers === 'string' ? { opaque: `Django prints nothing: ${answers}` } : answers[at]!;
      if ('irreversible' in answer) return each.way === 'down' ? 'irreversible' : { opaque: 'it is a program in Python', line };
      if ('opaque' in answer) return { opaque: `it is a program in Python, and ${answer.opaque}`, line };
      return { text: answer.text, line, ...(!answer.atomic && { outsideTransaction: true }) };
    });
  },
};

/** The operations are what is run, both ways. */
const lineOf = (source: string): number => lineAt(source, Math.max(0, /^[ \t]*operations\b/m.exec(source)?.index ?? 0), 1);

async function answersOf(wanted: readonly Wanted[], place: Place): Promise<readonly Answer[] | string> {
  const manage = manageAbove(place);
  if (manage === undefined) return 'there is no manage.py beside or above its folder';
  const env = { SHIP_MIGRATIONS_ASKED: JSON.stringify(wanted.map(({ file, way }) => [file, way])), PYTHONIOENCODING: 'utf-8' };
  let answer: Printing | undefined;
  // Where an environment of the project is active, it has both; else only one of them may be there.
  for (const python of ['python', 'python3']) {
    answer = await place.exec([python, 'manage.py', 'shell', '-c', DJANGO_PROGRAM], { cwd: dirname(manage), env });
    const found = answersIn(answer, wanted.length);
    if (found !== undefined) return found;
  }
  return errorLineOf(answer!);
}

/** From the folder of the migrations up to that of the config. */
function manageAbove({ folder, dir }: Place): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'manage.py');
    if (isFile(path)) return path;
    if (at === dir || at === dirname(at) || relative(dir, at).split(sep)[0] === '..') return undefined;
  }
}
