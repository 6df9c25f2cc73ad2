import type { Flaw, Migration, Reader } from '../migration.js';
import { filesIn, oneBegins, type Source, sourceOf } from './files.js';
import { compareNumbers, duplicates } from './flaws.js';
import { type AnyNode, type Calls, isFunction, keyOf, literalOf, programOf, sqlIn } from './javascript.js';
import { opaqueBothWays } from './script.js';

const PROGRAM = /^(?!.*\.d\.[cm]?ts$).*\.[cm]?[jt]s$/;
const CALLS: Calls = { paths: ['query'], isAwaited: true };

type Class = Extract<AnyNode, { type: 'ClassDeclaration' | 'ClassExpression' }>;

/** A migration with what TypeORM sorts by. */
interface Found extends Migration {
  readonly timestamp: string;
  readonly file: string;
}

/** TypeORM: classes with `up` and `down`, in the order of the thirteen digits that their names end with. Plain SQL in `queryRunner.query` is read. */
export const typeorm: Reader = {
  name: 'typeorm',
  recognises: (folder) =>
    oneBegins(
      folder,
      filesIn(folder).filter((name) => PROGRAM.test(name)),
      /\bMigrationInterface\b|\bqueryRunner\b/,
    ),
  read(folder) {
    const flaws: Flaw[] = [];
    const found = filesIn(folder)
      .filter((name) => PROGRAM.test(name))
      .flatMap((name) => migrationsIn(sourceOf(folder, name, { bom: 'skipped' }), flaws))
      .sort((one, other) => compareNumbers(one.timestamp, other.timestamp));
    flaws.push(...duplicates('the migration', found), ...sameTime(found));
    return { migrations: found.map(({ timestamp, file, ...migration }) => migration), flaws };
  },
};

/** The order of two that were made in one millisecond is that in which somebody lists them. */
const sameTime = (found: readonly Found[]): Flaw[] =>
  found.flatMap(({ timestamp, file, id }, index) => {
    const before = found[index - 1];
    if (before === undefined || before.timestamp !== timestamp || before.id === id) return [];
    const message = `${before.file} and ${file} have one timestamp: which of them comes first, TypeORM does not say`;
    return [{ level: 'warn' as const, rule: 'same-timestamp', message, file }];
  });

function migrationsIn(source: Source, flaws: Flaw[]): Found[] {
  const program = source.opaque === undefined ? programOf(source) : undefined;
  if (program === undefined) return byFileName(source);
  return program.body.flatMap(classesIn).flatMap((each): Found[] => {
    const up = memberOf(each, 'up');
    if (up === undefined) return [];
    const id = nameOf(each);
    const timestamp = /^\d+/.exec(id.slice(-13))?.[0];
    if (timestamp === undefined || /^0+$/.test(timestamp)) {
      const message = `TypeORM refuses the class ${id} in ${source.file}: its name does not end with a timestamp`;
      flaws.push({ level: 'block', rule: 'refused-by-tool', message, file: source.file });
      return [];
    }
    return [{ id, name: id.replace(/\d+$/, ''), timestamp, file: source.file, ...waysOf(source, each) }];
  });
}

/** By the name that the tool gives a file, where the file itself cannot be read: `1700000000000-AddUsers.ts`. */
function byFileName(source: Source): Found[] {
  const [, timestamp, name = ''] = /^(\d{13})-?(.*)\.[^.]+$/.exec(source.file) ?? [];
  if (timestamp === undefined) return [];
  return [
    { id: `${name}${timestamp}`, name, timestamp, file: source.file, ...opaqueBothWays(source, 'it is a program that cannot be parsed') },
  ];
}

function waysOf(source: Source, each: Class): Pick<Migration, 'up' | 'down'> {
  const transaction = memberOf(each, 'transaction');
  const calls = { ...CALLS, outsideTransaction: transaction?.type === 'Literal' && transaction.value === false };
  const up = memberOf(each, 'up');
  const down = memberOf(each, 'down');
  if (!isFunction(up)) return opaqueBothWays(source, 'it is a program, and its `up` is no function');
  const sql = sqlIn(source, up, calls);
  return {
    up: sql === 'irreversible' ? opaqueBothWays(source, 'it is a program, and its `up` only throws').up : sql,
    down:
      down === undefined
        ? 'none'
        : isFunction(down)
          ? sqlIn(source, down, calls)
          : opaqueBothWays(source, 'it is a program, and its `down` is no function').down,
  };
}

/** Classes of a module, exported or assigned to an export. */
function classesIn(node: AnyNode | null | undefined): Class[] {
  switch (node?.type) {
    case 'ClassDeclaration':
    case 'ClassExpression':
      return [node];
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return classesIn(node.declaration);
    case 'ExpressionStatement':
      return node.expression.type === 'AssignmentExpression' ? classesIn(node.expression.right) : [];
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ init }) => classesIn(init));
    default:
      return [];
  }
}

/** A method, or the value of a field. */
function memberOf(each: Class, name: string): AnyNode | undefined {
  for (const member of each.body.body) {
    if ((member.type === 'MethodDefinition' || member.type === 'PropertyDefinition') && !member.static && keyOf(member) === name)
      return member.value ?? undefined;
  }
  return undefined;
}

function nameOf(each: Class): string {
  const name = memberOf(each, 'name');
  return (name === undefined ? undefined : literalOf(name)) ?? each.id?.name ?? '';
}
