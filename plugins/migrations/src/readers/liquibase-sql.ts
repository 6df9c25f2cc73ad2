/** Lines of a file, as they are sent: what is not part of it is an empty line, so that the lines keep their numbers. */
export interface Part {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** A changeset as its file has it. */
export interface Changeset {
  readonly author: string;
  readonly id: string;
  readonly line: number;
  /** Such as `runintransaction`: names in lower case. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly comment: string;
  readonly up: Part;
  /** Undefined where it has none. */
  readonly rollback: Part | undefined;
  /** What decides at run time whether it is run. */
  readonly condition: string | undefined;
}

export interface Formatted {
  readonly changesets: readonly Changeset[];
  /** What all of its changesets are filed under, in place of the path. */
  readonly logicalPath: string | undefined;
  /** Why Liquibase does not read the file at all. */
  readonly refusal: string | undefined;
}

// The patterns of Liquibase, which match a whole line. It knows no strings and no dollar quotes.
const HEADER = /^\s*--\s*liquibase\s*formatted.*$/i;
const PROPERTY = /^\s*--\s*property\s+(.*:.*)\s+(.*:.*).*$/i;
const IGNORE = /^--\s*ignoreLines:(\w+)$/i;
const CHANGESET = /^\s*--\s*changeset\s+("[^"]+"|[^:]+):\s*("[^"]+"|\S+).*$/i;
const COMMENT = /^--\s*comment:? (.*)$/i;
const CHECKSUM = /^--\s*validCheckSum:? (.*)$/i;
const ROLLBACK = /^(\s*--\s*rollback )(.*)$/i;
const ROLLBACK_BLOCK = /^\s*\/\*\s*liquibase\s*rollback\s*$/i;
const BLOCK_END = /\*\/\s*$/;
const PRECONDITIONS = /^\s*--\s*preconditions(.*)$/i;
const PRECONDITION = /^\s*--\s*precondition-([a-zA-Z0-9-]+)(?: (.*))?$/i;

/** What looks like one of them, and is none: Liquibase stops there. */
const MALFORMED: readonly (readonly [pattern: RegExp, meant: string])[] = [
  [/^\s*?-+\s*property\s.*$/i, '--property'],
  [/^-\s*?ignoreLines:(\w+).*$|^--\s*ignore:(\w+)$/i, '--ignoreLines'],
  [/^-\s*changeset\s.*$|^\s*--\s*changeset.*$/i, '--changeset author:id'],
  [/^-\s*comment:? (.*)$|^--\s*comments:? (.*)$/i, '--comment'],
  [/^-\s*validCheckSum(.*)$/i, '--validCheckSum'],
  [/^\s*-\s*rollback\s.*$/i, '--rollback'],
  [/^\s*-\s*preconditions\s.*$/i, '--preconditions'],
  [/^\s*-\s*precondition.*$/i, '--precondition'],
];

class Refusal extends Error {}

/** A changeset that is being read. */
interface Open {
  readonly author: string;
  readonly id: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  comment: string;
  condition: string | undefined;
  readonly up: Map<number, string>;
  readonly rollback: Map<number, string>;
}

/** Reads a changelog in formatted SQL, line by line as Liquibase does. Never throws. */
export function parseFormatted(text: string): Formatted {
  const lines = text.split(/\r?\n/);
  const open: Open[] = [];
  try {
    for (let at = 0; at < lines.length; ) at = readLine(lines, at, open);
    const changesets = open.map(closed);
    return {
      changesets,
      logicalPath: attributesIn(lines.find((line) => HEADER.test(line)) ?? '').get('logicalfilepath'),
      refusal: undefined,
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { changesets: [], logicalPath: undefined, refusal: error.message };
  }
}

/** Reads what starts at a line, and returns where the next one starts. */
function readLine(lines: readonly string[], at: number, open: Open[]): number {
  const line = lines[at]!;
  if (PROPERTY.test(line)) return at + 1;
  const [, ignored] = IGNORE.exec(line) ?? [];
  if (ignored !== undefined) return afterIgnored(lines, at, ignored);
  const [, author, id] = CHANGESET.exec(line) ?? [];
  if (author !== undefined && id !== undefined) {
    if (!line.includes(`${author}:${id}`)) throw new Refusal(`line ${at + 1} is no \`--changeset author:id\``);
    open.push({
      author: unquoted(author),
      id: unquoted(id),
      line: at + 1,
      attributes: attributesIn(line),
      comment: '',
      condition: conditionIn(attributesIn(line)),
      up: new Map(),
      rollback: new Map(),
    });
    return at + 1;
  }
  const current = open.at(-1);
  const malformed = MALFORMED.slice(0, current === undefined ? 3 : MALFORMED.length).find(([pattern]) => pattern.test(line));
  if (current === undefined) {
    if (malformed !== undefined || COMMENT.test(line))
      throw new Refusal(`line ${at + 1} stands outside of a changeset, or is no \`${malformed?.[1] ?? '--comment'}\``);
    return at + 1;
  }
  return readInside(lines, at, current, malformed?.[1]);
}

function readInside(lines: readonly string[], at: number, current: Open, malformed: string | undefined): number {
  const line = lines[at]!;
  const [, comment] = COMMENT.exec(line) ?? [];
  const [, before, rollback] = ROLLBACK.exec(line) ?? [];
  if (comment !== undefined) current.comment = comment;
  else if (rollback !== undefined) current.rollback.set(at, rollback);
  else if (before === undefined && ROLLBACK_BLOCK.test(line)) return afterRollbackBlock(lines, at, current);
  else if (PRECONDITIONS.test(line) || PRECONDITION.test(line)) current.condition ??= 'a precondition';
  else if (!CHECKSUM.test(line)) {
    if (malformed !== undefined) throw new Refusal(`line ${at + 1} is no \`${malformed}\``);
    current.up.set(at, line);
  }
  return at + 1;
}

/** `start` up to `end`, or so many lines. */
function afterIgnored(lines: readonly string[], at: number, ignored: string): number {
  if (ignored === 'start') {
    const end = lines.findIndex((line, index) => index > at && IGNORE.exec(line)?.[1] === 'end');
    return end === -1 ? lines.length : end + 1;
  }
  if (!/^\d+$/.test(ignored)) throw new Refusal(`line ${at + 1} has no count: ${lines[at]}`);
  return at + 1 + Number(ignored);
}

function afterRollbackBlock(lines: readonly string[], at: number, current: Open): number {
  for (let index = at + 1; index < lines.length; index += 1) {
    const line = lines[index]!;
    current.rollback.set(index, line.replace(BLOCK_END, ''));
    if (BLOCK_END.test(line)) return index + 1;
  }
  throw new Refusal(`the rollback that starts in line ${at + 1} has no end`);
}

function closed({ up, rollback, ...rest }: Open): Changeset {
  const sent = partOf(up);
  if (sent === undefined) throw new Refusal(`the changeset ${rest.author}:${rest.id} holds no SQL`);
  return { ...rest, up: sent, rollback: partOf(rollback) };
}

/** From the first line that holds something to the last one. */
function partOf(lines: ReadonlyMap<number, string>): Part | undefined {
  const filled = [...lines].filter(([, line]) => line.trim() !== '').map(([at]) => at);
  if (filled.length === 0) return undefined;
  const [first, last] = [Math.min(...filled), Math.max(...filled)];
  const text = Array.from({ length: last - first + 1 }, (_, index) => lines.get(first + index) ?? '').join('\n');
  return { line: first + 1, text };
}

/** `name:value` and `name:"a value"`; of two with one name the last counts, as in Liquibase. */
const attributesIn = (line: string): ReadonlyMap<string, string> =>
  new Map([...line.matchAll(/\b(\w+):("[^"]*"|\S*)/g)].map(([, name = '', value = '']) => [name.toLowerCase(), unquoted(value)]));

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1');

function conditionIn(attributes: ReadonlyMap<string, string>): string | undefined {
  const name = ['context', 'contextfilter', 'labels'].find((each) => (attributes.get(each) ?? '') !== '');
  return name === undefined ? undefined : `its ${name}, ${attributes.get(name)}`;
}
