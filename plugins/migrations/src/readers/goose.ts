import type { Flaw, Migration, Reader, Script } from '../migration.js';
import { perDialect } from './dialects.js';
import { filesIn, oneBegins, type Source, sourceOf } from './files.js';
import { compareNumbers, duplicates, gaps, numberOf, stray } from './flaws.js';
import { opaqueScript, scriptFrom } from './script.js';

const NAME = /^([0-9]+)_(.*)\.(sql|go)$/;

/** goose: one file with `-- +goose Up` and `-- +goose Down`, or a program in Go. It sends statement by statement, and so are the scripts. */
export const goose: Reader = perDialect({
  name: 'goose',
  recognises(folder) {
    const names = filesIn(folder).filter((name) => NAME.test(name));
    return (
      oneBegins(folder, names, /^-- *\+goose /im) ||
      oneBegins(
        folder,
        names.filter((name) => name.endsWith('.go')),
        /\bgoose\.Add\w*Migration/,
      )
    );
  },
  read(folder) {
    const names = filesIn(folder).filter((name) => !name.endsWith('_test.go'));
    const files = names.filter(isMigration);
    const versions = files.map((file) => ({ id: numberOf(NAME.exec(file)![1]!), file }));
    const flaws: Flaw[] = [
      ...duplicates('version', versions),
      ...gaps(versions.map(({ id }) => id)),
      ...names.filter((name) => name.endsWith('.sql') && !isMigration(name)).map((name) => stray(name, 'goose')),
    ];
    const migrations = versions
      .sort((one, other) => compareNumbers(one.id, other.id))
      .map(({ id, file }): Migration => ({ id, name: NAME.exec(file)![2]!, ...bothWaysOf(sourceOf(folder, file)) }));
    return { migrations, flaws };
  },
});

const isMigration = (name: string): boolean => {
  const [, digits] = NAME.exec(name) ?? [];
  return digits !== undefined && BigInt(digits) > 0n && BigInt(digits) < 2n ** 63n;
};

function bothWaysOf(source: Source): Pick<Migration, 'up' | 'down'> {
  if (source.file.endsWith('.go')) {
    const program = opaqueScript(source, 'it is a program in Go');
    return { up: [program], down: [program] };
  }
  if (source.opaque !== undefined) return { up: [opaqueScript(source, source.opaque)], down: [opaqueScript(source, source.opaque)] };
  return { up: statementsOf(source, 'Up') ?? [], down: statementsOf(source, 'Down') ?? 'none' };
}

const ANNOTATIONS = ['Up', 'Down', 'StatementBegin', 'StatementEnd', 'NO TRANSACTION', 'ENVSUB ON', 'ENVSUB OFF'] as const;
type Annotation = (typeof ANNOTATIONS)[number];

/** What goose says where it cannot read a file. */
class Refusal extends Error {}

/** Where the parser is: in what section, and in what of its blocks. */
interface State {
  section: 'none' | 'Up' | 'Down';
  block: 'none' | 'open' | 'closed';
}

/** A statement that is being collected. */
interface Collected {
  start: number;
  end: number;
  isFilledIn: boolean;
}

/** The statements of one way, line by line as goose's own parser cuts them: it knows no strings and no dollar quotes. Undefined: no such section. */
function statementsOf(source: Source, way: 'Up' | 'Down'): Script[] | undefined {
  try {
    return new Parser(source, way).statements();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [opaqueScript(source, `goose refuses it: ${error.message}`)];
  }
}

class Parser {
  private readonly state: State = { section: 'none', block: 'none' };
  private readonly found: Collected[] = [];
  private collected: Collected | undefined;
  private isFilledIn = false;
  private isOutside = false;
  /** Where the section of this way starts. */
  private sectionAt: number | undefined;

  constructor(
    private readonly source: Source,
    private readonly way: 'Up' | 'Down',
  ) {}

  /** Undefined where the file has no such section. Throws a Refusal. */
  statements(): Script[] | undefined {
    const { text } = this.source;
    let start = 0;
    while (start < text.length) {
      const newline = text.indexOf('\n', start);
      const end = newline === -1 ? text.length : newline;
      this.#line(text.slice(start, end).replace(/\r$/, ''), start, end);
      start = end + 1;
    }
    if (this.state.section === 'none') throw new Refusal('it has no `-- +goose Up`');
    if (this.state.block === 'open') throw new Refusal('a `-- +goose StatementBegin` has no `-- +goose StatementEnd`');
    this.#expectNothingLeft();
    if (this.sectionAt === undefined) return undefined;
    const traits = { outsideTransaction: this.isOutside };
    // A section without a statement is run too, and does nothing.
    if (this.found.length === 0) return [scriptFrom(this.source, traits, this.sectionAt, this.sectionAt)];
    return this.found.map(({ start: from, end, isFilledIn }) => {
      const isTemplate = isFilledIn && text.slice(from, end).includes('$');
      return scriptFrom(
        this.source,
        { ...traits, opaque: isTemplate ? 'goose fills in variables of the environment: it is in `ENVSUB ON`' : undefined },
        from,
        end,
      );
    });
  }

  #line(line: string, start: number, end: number): void {
    const { state } = this;
    const trimmed = line.replace(/^[^\S\uFEFF]+/, '');
    if (state.section === 'none' && trimmed === '') return;
    const isComment = trimmed.startsWith('--');
    if (isComment && line.includes('+goose') && this.#annotation(line, start)) return;
    if (this.collected === undefined && (isComment || line === '')) {
      // The end of a block is a comment, and ends nothing where nothing was collected.
      return;
    }
    if (state.block !== 'closed') this.#collect(start, end);
    if (state.section === 'none') throw new Refusal('there are statements before `-- +goose Up`');
    if (state.section !== this.way) {
      this.collected = undefined;
      return;
    }
    if (state.block === 'closed') {
      this.#store();
      state.block = 'none';
    } else if (state.block === 'none' && endsStatement(line)) this.#store();
  }

  /** Returns whether the line is done with. */
  #annotation(line: string, start: number): boolean {
    const { state } = this;
    switch (annotationIn(line)) {
      case 'Up':
        if (state.section !== 'none') throw new Refusal('it has `-- +goose Up` twice');
        state.section = 'Up';
        if (this.way === 'Up') this.sectionAt = start;
        return true;
      case 'Down':
        if (state.section !== 'Up' || state.block === 'open') throw new Refusal('`-- +goose Down` stands without `-- +goose Up`');
        this.#expectNothingLeft();
        state.section = 'Down';
        state.block = 'none';
        if (this.way === 'Down') this.sectionAt = start;
        return true;
      case 'StatementBegin':
        if (state.section === 'none' || state.block === 'open') throw new Refusal('`-- +goose StatementBegin` stands outside of a section');
        state.block = 'open';
        return true;
      case 'StatementEnd':
        if (state.block !== 'open') throw new Refusal('`-- +goose StatementEnd` has no `-- +goose StatementBegin`');
        state.block = 'closed';
        return false;
      case 'NO TRANSACTION':
        this.isOutside = true;
        return true;
      case 'ENVSUB ON':
        this.isFilledIn = true;
        return true;
      case 'ENVSUB OFF':
        this.isFilledIn = false;
        return true;
    }
  }

  #collect(start: number, end: number): void {
    if (this.collected === undefined) this.collected = { start, end, isFilledIn: this.isFilledIn };
    else Object.assign(this.collected, { end, isFilledIn: this.collected.isFilledIn || this.isFilledIn });
  }

  #store(): void {
    if (this.collected !== undefined) this.found.push(this.#trimmed(this.collected));
    this.collected = undefined;
  }

  #trimmed({ start, end, isFilledIn }: Collected): Collected {
    const text = this.source.text.slice(start, end);
    return { start: start + text.length - text.trimStart().length, end: start + text.trimEnd().length, isFilledIn };
  }

  #expectNothingLeft(): void {
    if (this.collected === undefined) return;
    const left = this.source.text.slice(this.collected.start, this.collected.end).trim();
    if (left !== '') throw new Refusal(`a statement does not end with a semicolon: ${left.replace(/\s+/g, ' ').slice(0, 60)}`);
  }
}

function annotationIn(line: string): Annotation {
  if (/^[ \t]/.test(line)) throw new Refusal(`an annotation is indented: ${line.trim()}`);
  const command = line.replaceAll('--', '').replace('+goose', '').trim();
  const known = ANNOTATIONS.find((each) => each.toLowerCase() === command.toLowerCase());
  if (known === undefined) throw new Refusal(`it knows no annotation like ${line.trim()}`);
  return known;
}

/** The last word before a comment decides, even within a string. */
function endsStatement(line: string): boolean {
  const words = line.split(/\s+/).filter((word) => word !== '');
  const comment = words.findIndex((word) => word.startsWith('--'));
  return (comment === -1 ? words : words.slice(0, comment)).at(-1)?.endsWith(';') ?? false;
}
