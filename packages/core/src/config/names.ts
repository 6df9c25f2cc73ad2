import { suggest } from './suggest.js';

/** Names of steps, components and environments. They end up in arguments of tools and in names of files. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

/** Versions: they end up in arguments of tools, too. */
export const VERSION = /^[a-z0-9][a-z0-9._+:@/~-]{0,254}$/i;

/** What is wrong with a name, said so that an evil one is recognised; undefined where nothing is. */
export function nameProblem(name: string): string | undefined {
  if (NAME.test(name)) return undefined;
  if (name === '') return 'is empty';
  if (name.includes('\0')) return 'has a NUL byte in it';
  if (/[\r\n\u2028\u2029]/.test(name)) return 'has a line break in it';
  if (name.startsWith('-')) return 'starts with `-`: a tool would take it for an option';
  const bad = /[^a-z0-9._-]/iu.exec(name)?.[0];
  if (bad !== undefined) return `has ${describeCharacter(bad)} in it`;
  if (name.length > 63) return `is ${name.length} characters long`;
  return `starts with \`${name[0]}\``;
}

function describeCharacter(character: string): string {
  if (character === ' ') return 'a space';
  if (character === '\t') return 'a tab';
  return /^[!-~]$/.test(character)
    ? `\`${character}\``
    : `the character U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The suggestion and the list that go with a word that is none of the known ones. */
export function choice(word: string, known: readonly string[]): { suggestion: string | undefined; known: readonly string[] } {
  return { suggestion: suggest(word, known), known };
}
