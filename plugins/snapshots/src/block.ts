import type { Common, Readable } from './listed.js';

/**
 * Snapshots that follow each other, as a line of the index has them: of each column one text, in which that of a row stands
 * behind that of the row before; where all have the same, it stands once. To list ten thousand, a few thousand texts are then
 * made, and not two hundred thousand.
 */
export type Block = readonly string[];

const COLUMNS = ['commons', 'common', 'id', 'version', 'timestamp', 'rest'] as const;
type Column = (typeof COLUMNS)[number];

const BETWEEN_ROWS = '|';
const WITHIN_ROW = ',';
/** What JSON would escape stands in no column: so its texts are what is between the quotes. */
const MARKS = /[%|"\\\u0000-\u001f]/g;
const ESCAPE = /%[0-7][0-9A-F]/g;

const escaped = (text: string, marks: RegExp): string => text.replace(marks, encodeURIComponent);
const unescaped = (text: string): string => (text.includes('%') ? text.replace(ESCAPE, decodeURIComponent) : text);

/** Puts snapshots into a block. */
export function blockOf(snapshots: readonly Readable[]): Block {
  const texts = snapshots.map(({ common }) => JSON.stringify(common));
  const commons = [...new Set(texts)];
  const column = (textOf: (snapshot: Readable) => string) => columnOf(snapshots.map(textOf));
  const columns: Readonly<Record<Column, string>> = {
    commons: commons.map((common) => escaped(common, MARKS)).join(BETWEEN_ROWS),
    common: columnOf(texts.map((text) => String(commons.indexOf(text)))),
    id: column(({ id }) => id),
    version: column(({ version }) => version),
    timestamp: column(({ timestamp }) => timestamp),
    rest: column(restOf),
  };
  return COLUMNS.map((name) => columns[name]);
}

/** What few ask for, as one text: its stamp, its commit, and the versions of its components. */
const restOf = ({ stamp = '', git_sha, versions }: Readable): string =>
  [stamp, git_sha ?? '', ...versions].map((text) => escaped(text, /[%,]/g)).join(WITHIN_ROW);

function columnOf(texts: readonly string[]): string {
  const all = new Set(texts).size === 1 ? texts.slice(0, 1) : texts;
  return all.map((text) => escaped(text, MARKS)).join(BETWEEN_ROWS);
}

/** What the rows that were read before have in common, by its text: it is one object for all blocks. */
export class Commons {
  readonly #known = new Map<string, Common>();
  #last: readonly [text: string, common: Common] | undefined;

  /** Mostly it is that of the block before, and two texts are compared sooner than one of them is looked up. */
  of(text: string): Common {
    if (this.#last?.[0] === text) return this.#last[1];
    const common = this.#known.get(text) ?? (JSON.parse(unescaped(text)) as Common);
    this.#known.set(text, common);
    this.#last = [text, common];
    return common;
  }
}

/** The rows of the block that a line holds; undefined where it holds something else. Throws where it is damaged. */
export function rowsIn(line: string, known: Commons): Row[] | undefined {
  if (!line.startsWith('["')) return undefined;
  const texts = line.slice(2, -2).split('","');
  if (texts.length !== COLUMNS.length || !line.endsWith('"]')) throw new Error('it is no block');
  const [commonTexts, common, id, version, timestamp, rest] = texts as unknown as ColumnTexts;
  const ids = textsIn(id);
  const column = (text: string) => oneEach(textsIn(text), ids.length);
  const commons = oneEach(commonsIn(common, commonTexts, known), ids.length);
  const [versions, timestamps, rests] = [column(version), column(timestamp), column(rest)];
  // What is hot is small: a process does not end before V8 has optimised what it began to.
  return ids.map((each, row) => new Row(each, versions[row]!, timestamps[row]!, commons[row]!, rests[row]!));
}

type ColumnTexts = readonly [string, string, string, string, string, string];

function commonsIn(column: string, texts: string, known: Commons): readonly Common[] {
  const commons = texts.split(BETWEEN_ROWS).map((text) => known.of(text));
  return column.split(BETWEEN_ROWS).map((place) => {
    const common = commons[Number(place)];
    if (common === undefined) throw new Error('a row has nothing in common with any');
    return common;
  });
}

function textsIn(column: string): readonly string[] {
  const texts = column.split(BETWEEN_ROWS);
  return column.includes('%') ? texts.map(unescaped) : texts;
}

/** What a column has once, all rows have. */
function oneEach<Value>(values: readonly Value[], rows: number): readonly Value[] {
  if (values.length === rows) return values;
  if (values.length !== 1) throw new Error('a column is not as long as its block');
  return new Array<Value>(rows).fill(values[0]!);
}

/** A snapshot of a block. What is only declared is set once, and not made first. */
class Row implements Readable {
  declare readonly id: string;
  declare readonly version: string;
  declare readonly timestamp: string;
  declare readonly common: Common;
  declare private readonly rest: string;

  constructor(id: string, version: string, timestamp: string, common: Common, rest: string) {
    this.id = id;
    this.version = version;
    this.timestamp = timestamp;
    this.common = common;
    this.rest = rest;
  }

  get stamp(): string {
    return fieldsIn(this.rest)[0]!;
  }

  get git_sha(): string | null {
    return fieldsIn(this.rest)[1] || null;
  }

  get versions(): readonly string[] {
    return fieldsIn(this.rest).slice(2);
  }
}

const fieldsIn = (rest: string): readonly string[] => rest.split(WITHIN_ROW).map(unescaped);
