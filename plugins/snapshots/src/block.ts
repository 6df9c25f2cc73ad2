import type { Common, Readable } from './listed.js';

/**
 * Snapshots that follow each other, as a line of the index has them: of each column one text, in which that of a row stands
 * behind that of the row before; where all have the same, it stands once. To list ten thousand, a few thousand texts are then
 * made, and not two hundred thousand.
 */
export type Block = readonly string[];

const COLUMNS = ['rows', 'commons', 'common', 'id', 'version', 'timestamp', 'stamp', 'git_sha', 'versions'] as const;
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
  const commons = [...new Set(snapshots.map(({ common }) => JSON.stringify(common)))];
  const column = (textOf: (snapshot: Readable) => string) => columnOf(snapshots.map(textOf));
  const columns: Readonly<Record<Column, string>> = {
    rows: String(snapshots.length),
    commons: commons.map((common) => escaped(common, MARKS)).join(BETWEEN_ROWS),
    common: column(({ common }) => String(commons.indexOf(JSON.stringify(common)))),
    id: column(({ id }) => id),
    version: column(({ version }) => version),
    timestamp: column(({ timestamp }) => timestamp),
    stamp: column(({ stamp = '' }) => stamp),
    git_sha: column(({ git_sha }) => git_sha ?? ''),
    versions: column(({ versions }) => versions.map((version) => escaped(version, /[%,]/g)).join(WITHIN_ROW)),
  };
  return COLUMNS.map((name) => columns[name]);
}

function columnOf(texts: readonly string[]): string {
  const all = new Set(texts).size === 1 ? texts.slice(0, 1) : texts;
  return all.map((text) => escaped(text, MARKS)).join(BETWEEN_ROWS);
}

/** What the rows that were read before have in common, by its text: it is one object for all blocks. */
export type Commons = Map<string, Common>;

/** The rows of the block that a line holds; undefined where it holds something else. Throws where it is damaged. */
export function rowsIn(line: string, known: Commons): Row[] | undefined {
  if (!line.startsWith('["')) return undefined;
  const texts = line.slice(2, -2).split('","');
  if (texts.length !== COLUMNS.length || !line.endsWith('"]')) throw new Error('it is no block');
  const [count, commonTexts, common, id, version, timestamp, ...others] = texts as unknown as ColumnTexts;
  const rows = Number(count);
  const commons = commonTexts.split(BETWEEN_ROWS).map((text) => commonOf(known, text));
  const places = textsOf(common, rows).map(Number);
  if (places.some((place) => commons[place] === undefined)) throw new Error('a row has nothing in common with any');
  const [ids, versions, timestamps] = [textsOf(id, rows), textsOf(version, rows), textsOf(timestamp, rows)];
  const rest = new Rest(others, rows);
  const made: Row[] = [];
  for (let row = 0; row < rows; row += 1)
    made.push(new Row(ids[row]!, versions[row]!, timestamps[row]!, commons[places[row]!]!, rest, row));
  return made;
}

type ColumnTexts = readonly [string, string, string, string, string, string, ...Columns];
type Columns = readonly [stamp: string, git_sha: string, versions: string];

function commonOf(known: Commons, text: string): Common {
  const found = known.get(text);
  if (found !== undefined) return found;
  const common = JSON.parse(unescaped(text)) as Common;
  known.set(text, common);
  return common;
}

/** The texts of a column. */
function textsOf(column: string, rows: number): readonly string[] {
  const texts = column.split(BETWEEN_ROWS);
  if (texts.length === 1) return new Array<string>(rows).fill(unescaped(column));
  if (texts.length !== rows) throw new Error('a column is not as long as its block');
  return column.includes('%') ? texts.map(unescaped) : texts;
}

/** The columns that few ask for: they are taken apart again when somebody does. */
class Rest {
  #texts: readonly (readonly string[])[] | undefined;

  constructor(
    private readonly columns: Columns,
    private readonly rows: number,
  ) {
    for (const column of columns) textsOf(column, rows);
  }

  of(row: number): Columns {
    this.#texts ??= this.columns.map((column) => textsOf(column, this.rows));
    return this.#texts.map((texts) => texts[row]) as unknown as Columns;
  }
}

/** A snapshot of a block. */
class Row implements Readable {
  constructor(
    readonly id: string,
    readonly version: string,
    readonly timestamp: string,
    readonly common: Common,
    private readonly rest: Rest,
    private readonly row: number,
  ) {}

  get stamp(): string {
    return this.rest.of(this.row)[0];
  }

  get git_sha(): string | null {
    return this.rest.of(this.row)[1] || null;
  }

  get versions(): readonly string[] {
    const [, , versions] = this.rest.of(this.row);
    return versions === '' ? [] : versions.split(WITHIN_ROW).map(unescaped);
  }
}
