import { realpathSync } from 'node:fs';
import type { Dialect } from '../migration.js';
import { type PlainWay, plainWaysOf } from './plain-python.js';
import { errorLineOf, type Place, type Printer, type Printing, type Printout, type Wanted } from './printer.js';

/** What Alembic itself knows of a revision. */
interface Known {
  /** The one before it, or `base`; undefined where it is not one alone. */
  readonly parent?: string;
  readonly path: string;
}

/** One that Alembic is asked to print. */
interface Asked {
  readonly wanted: Wanted;
  readonly plain: PlainWay;
  readonly parent: string;
}

/** Alembic prints with `--sql`. It is asked only for what is known to do no more than what is printed. */
export const alembicPrinter: Printer = {
  name: 'alembic',
  programs: /\.py$/,
  async print(wanted, place) {
    const plain = wanted.map(({ source, way }) => plainWaysOf(source)[way]);
    const isAsked = plain.some((each) => each !== 'irreversible' && !('opaque' in each) && !each.isEmpty);
    const history = isAsked ? await historyOf(place) : new Map<string, Known>();
    const printouts = wanted.map((each, at): Printout | Asked => {
      const way = plain[at]!;
      if (way === 'irreversible' || 'opaque' in way) return way;
      // A merge of branches, say.
      if (way.isEmpty) return { text: '', line: way.line };
      const opaque = (why: string): Printout => ({ opaque: `it is a program in Python, and ${why}`, line: way.line });
      if (typeof history === 'string') return opaque(`Alembic prints nothing: ${history}`);
      const known = history.get(each.id);
      if (known === undefined || !isSame(known.path, each.file)) return opaque('Alembic knows another file, or none, by its revision');
      if (known.parent === undefined) return opaque('it comes after several, or depends on others');
      return { wanted: each, plain: way, parent: known.parent };
    });
    const asked = printouts.filter((each): each is Asked => typeof each === 'object' && 'wanted' in each);
    const answers = new Map<Asked, Printout>();
    for (const run of runsOf(asked)) for (const [each, answer] of await printRun(run, place)) answers.set(each, answer);
    return printouts.map((each) => (typeof each === 'object' && 'wanted' in each ? answers.get(each)! : each));
  },
};

/** `alembic history --verbose`, or why there is none. */
async function historyOf(place: Place): Promise<Map<string, Known> | string> {
  const answer = await alembic(place, 'history', '--verbose');
  if (answer.exitCode !== 0 || answer.truncated) return errorLineOf(answer);
  const known = new Map<string, Known>();
  for (const part of answer.stdout.split(/^(?=Rev: )/m)) {
    const [, id] = /^Rev: (\S+)/.exec(part) ?? [];
    const [, path] = /^Path: (.+)$/m.exec(part) ?? [];
    const [, parent] = /^Parent: (\S+)$/m.exec(part) ?? [];
    const isAlone = parent !== undefined && !/^(?:Merges|Also depends on):/m.test(part);
    if (id !== undefined && path !== undefined) known.set(id, { path, ...(isAlone && { parent: parent === '<base>' ? 'base' : parent }) });
  }
  return known;
}

const alembic = (place: Place, ...words: string[]): Promise<Printing> =>
  place.exec(['alembic', ...words], { env: { PYTHONIOENCODING: 'utf-8' } });

function isSame(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/** Those of one way that follow on each other are printed at once: each start of Alembic takes half a second and more. */
function runsOf(asked: readonly Asked[]): Asked[][] {
  const runs: Asked[][] = [];
  for (const way of ['up', 'down'])
    for (const each of asked.filter(({ wanted }) => wanted.way === way)) {
      const last = runs.at(-1)?.at(-1);
      if (last !== undefined && last.wanted.way === way && last.wanted.id === each.parent) runs.at(-1)!.push(each);
      else runs.push([each]);
    }
  return runs;
}

/** All at once; where that fails, one by one, so that only the one that fails is opaque. */
async function printRun(run: readonly Asked[], place: Place): Promise<[Asked, Printout][]> {
  const [first, last] = [run[0]!, run.at(-1)!];
  const isUp = first.wanted.way === 'up';
  const range = isUp ? `${first.parent}:${last.wanted.id}` : `${last.wanted.id}:${first.parent}`;
  const answer = await alembic(place, isUp ? 'upgrade' : 'downgrade', range, '--sql');
  const texts = answer.exitCode === 0 && !answer.truncated ? textsIn(answer, run, place.dialect) : errorLineOf(answer);
  const isOutside = place.dialect === 'postgres' && !/^BEGIN;$/m.test(answer.stdout);
  if (typeof texts !== 'string') return run.map((each, at): [Asked, Printout] => [each, printoutOf(each.plain, texts[at]!, isOutside)]);
  if (run.length === 1)
    return [[first, { opaque: `it is a program in Python, and Alembic prints nothing: ${texts}`, line: first.plain.line }]];
  const alone: [Asked, Printout][] = [];
  for (const each of run) alone.push(...(await printRun([each], place)));
  return alone;
}

const IMPLEMENTATIONS: Readonly<Record<string, Dialect>> = { Postgresql: 'postgres', MySQL: 'mysql', MariaDB: 'mysql', SQLite: 'sqlite' };
const HEAD = /^-- Running (?:upgrade|downgrade) (\S*) -> (\S*)$/gm;
/** Alembic's own record of the revision ends what it prints for it. */
const RECORD = /^(?:INSERT INTO|UPDATE|DELETE FROM) .*\bversion_num\b.*;$/gm;

/** What is printed for each, or why it cannot be told apart. */
function textsIn({ stdout, stderr }: Printing, run: readonly Asked[], dialect: Dialect): string[] | string {
  const output = stdout.replaceAll('\r\n', '\n');
  const [, named] = /Context impl (\w+)Impl\./.exec(stderr) ?? [];
  // Of those that it knows, PostgreSQL alone has changes of the schema in a transaction that begins so.
  const printed = named === undefined ? (/^BEGIN;$/m.test(output) ? 'postgres' : undefined) : IMPLEMENTATIONS[named];
  if (printed !== dialect) return `its SQL is ${named ?? 'of a database that it does not name'}, and not ${dialect}`;
  const heads = [...output.matchAll(HEAD)];
  const isUp = run[0]!.wanted.way === 'up';
  const ordered = isUp ? run : [...run].reverse();
  const isAsAsked = ordered.every(({ wanted, parent }, at) => {
    const [from, to] = isUp ? [parent, wanted.id] : [wanted.id, parent];
    return heads[at]?.[1] === from.replace(/^base$/, '') && heads[at]?.[2] === to.replace(/^base$/, '');
  });
  if (heads.length !== run.length || !isAsAsked) return 'it prints other revisions than those that were asked for';
  const texts: string[] = [];
  for (const [at, head] of heads.entries()) {
    const part = output.slice(head.index + head[0].length, heads[at + 1]?.index);
    const record = [...part.matchAll(RECORD)].at(-1);
    if (record === undefined) return 'its record of the revision is not where it should be';
    if (!/^\s*(?:DROP TABLE \S+;|BEGIN;|COMMIT;|\s)*$/.test(part.slice(record.index + record[0].length)))
      return 'something comes after its record of the revision';
    texts.push(part.slice(0, record.index));
  }
  return isUp ? texts : texts.reverse();
}

function printoutOf({ line, autocommits }: PlainWay, text: string, isOutside: boolean): Printout {
  if (autocommits === 0) return { text, line, ...(isOutside && { outsideTransaction: true }) };
  const ends = [...text.matchAll(/^(COMMIT|BEGIN);$/gm)].map(([, word]) => word);
  const isAsWritten = ends.length === 2 * autocommits && ends.every((word, at) => word === (at % 2 === 0 ? 'COMMIT' : 'BEGIN'));
  if (!isAsWritten) return { opaque: 'it ends its transaction by itself, as well as in blocks of Alembic', line };
  return { text: text.replace(/^(?:COMMIT|BEGIN);$/gm, ''), line, outsideTransaction: true };
}
