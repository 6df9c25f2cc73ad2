import type { Flaw, Migration, Reader } from '../migration.js';
import { perDialect } from './dialects.js';
import { filesIn, oneBegins, type Source, sourceOf } from './files.js';
import { duplicates, gaps, numberOf, stray } from './flaws.js';
import { opaqueBothWays, scriptFrom } from './script.js';

const NAME = /^(\d+)(.*)\.sql$/;

/*
 * The tool's own patterns: at the start of any line, whatever the line is in. Go's `\s`, `^` and `$` know fewer characters than
 * those of JavaScript, so that a byte order mark hides the first marker.
 */
const UP = /(?<![^\n])--[\t\n\f\r ]*migrate:up(?:[\t\n\f\r ]*(?![^\n])|[\t\n\f\r ]+[^\t\n\f\r ]+)/g;
const DOWN = /(?<![^\n])--[\t\n\f\r ]*migrate:down(?:[\t\n\f\r ]*(?![^\n])|[\t\n\f\r ]+[^\t\n\f\r ]+)/g;

/** dbmate: one file with `-- migrate:up` and `-- migrate:down`. A file that it refuses is opaque. */
export const dbmate: Reader = perDialect({
  name: 'dbmate',
  recognises: (folder) =>
    oneBegins(
      folder,
      filesIn(folder).filter((name) => NAME.test(name)),
      new RegExp(UP.source),
    ),
  read(folder) {
    const names = filesIn(folder);
    const files = names.filter((name) => NAME.test(name));
    const versions = files.map((file) => ({ id: NAME.exec(file)![1]!, file }));
    const flaws: Flaw[] = [
      ...duplicates('version', versions),
      ...gaps(versions.map(({ id }) => numberOf(id))),
      ...names.filter((name) => name.endsWith('.sql') && !NAME.test(name)).map((name) => stray(name, 'dbmate')),
    ];
    // By their names, so that 10 comes before 9.
    const migrations = versions.map(({ id, file }): Migration => {
      const name = NAME.exec(file)![2]!.replace(/^[_-]+/, '');
      return { id, name, ...sectionsOf(sourceOf(folder, file)) };
    });
    return { migrations, flaws };
  },
});

/** A file may hold several pairs. Undoing runs their downs from top to bottom too: that is what the tool does. */
function sectionsOf(source: Source): Pick<Migration, 'up' | 'down'> {
  const { text } = source;
  const starts = [...text.matchAll(UP)].map(({ index }) => index);
  const [first] = starts;
  if (source.opaque !== undefined) return opaqueBothWays(source, source.opaque);
  if (first === undefined) return opaqueBothWays(source, 'dbmate refuses it: it has no `-- migrate:up`');
  if (
    text
      .slice(0, first)
      .split('\n')
      .some((line) => !/^[\t\f\r ]*(?:--|$)/.test(line))
  )
    return opaqueBothWays(source, 'dbmate refuses it: there are statements before `-- migrate:up`');
  const sections = starts.map((start, index) => {
    const end = starts[index + 1] ?? text.length;
    return { start, end, downs: [...text.slice(start, end).matchAll(DOWN)].map(({ index: at }) => start + at) };
  });
  if (sections.some(({ downs }) => downs.length === 0)) return opaqueBothWays(source, 'dbmate refuses it: it has no `-- migrate:down`');
  if (sections.some(({ downs }) => downs.length > 1))
    return opaqueBothWays(source, 'dbmate refuses it: a `-- migrate:down` has no `-- migrate:up` before it');
  const part = (start: number, end: number) =>
    scriptFrom(source, { outsideTransaction: optionsAt(text, start).get('transaction') === 'false' }, start, end);
  return {
    up: sections.map(({ start, downs }) => part(start, downs[0]!)),
    down: sections.map(({ end, downs }) => part(downs[0]!, end)),
  };
}

/** `-- migrate:up transaction:false`: what follows a marker in its line. */
function optionsAt(text: string, start: number): ReadonlyMap<string, string> {
  const [line = ''] = text.slice(start).split('\n', 1);
  const pairs = line
    .replace(/^--\s*migrate:(?:up|down)/, '')
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split(':'));
  return new Map(pairs.filter((pair): pair is [string, string] => pair.length === 2));
}
