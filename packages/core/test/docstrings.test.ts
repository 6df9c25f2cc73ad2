import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const source = (file: string) => new URL(`../src/${file}`, import.meta.url);
const FILES = [
  ...readdirSync(source('types')).map((name) => `types/${name}`),
  'hooks.ts',
  'kernel.ts',
  'plugins/define.ts',
  'errors/ship-error.ts',
  'journal/state.ts',
  'journal/journal.ts',
];

const EXPORT = /^export (?:interface|type|class|function|async function|const) \w+/;
const MEMBER = /^ {2}(?:readonly )?(?!constructor)\w+\??[(:<]/;

/** Exports, and members of exported interfaces and classes, with nothing above them that says what they are. */
function undocumented(file: string): string[] {
  const found: string[] = [];
  let inside = false;
  let above = '';
  for (const [index, line] of readFileSync(source(file), 'utf8').split('\n').entries()) {
    if (/^export (?:interface|class) /.test(line)) inside = true;
    else if (line.startsWith('}')) inside = false;
    const named = EXPORT.test(line) || (inside && MEMBER.test(line));
    if (named && !above.endsWith('*/')) found.push(`${file}:${index + 1} ${line.trim()}`);
    if (!line.includes('biome-ignore')) above = line.trim();
  }
  return found;
}

it.each(FILES)('given %s, when it is read, then each export and each member says what it is', (file) => {
  expect(undocumented(file)).toEqual([]);
});
