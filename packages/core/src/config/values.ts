import { distance } from 'fastest-levenshtein';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest duration: a timer of Node fires at once beyond 2^31 - 1 ms. */
const LONGEST_MS = 24 * 24 * UNITS.h!;

/** Milliseconds of `250ms`, `10s`, `1.5m` or `2h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const exact = Number(match[1]) * UNITS[match[2]!]!;
  // 1.1 * 1000 is not a whole number in floating point, but 1.1s is 1100 ms.
  const ms = Math.abs(exact - Math.round(exact)) < 1e-6 ? Math.round(exact) : exact;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

interface Problem {
  readonly reason: string;
  readonly hint?: string;
}

/** What is wrong with a duration, and what helps; undefined where nothing is. */
export function durationProblem(value: unknown, options: { zero: boolean }): Problem | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (/^-\d/.test(text)) return { reason: 'is a negative duration' };
  if (/^\d+$/.test(text) || (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY))
    return { reason: 'is a number without a unit', hint: `Write ${text}s where seconds are meant, or a duration such as 5m or 250ms.` };
  const ms = parseDuration(text);
  if (ms === undefined) return { reason: 'is not a duration' };
  if (ms === 0 && !options.zero) return { reason: 'is no time at all', hint: 'Write a duration above zero, such as 10s.' };
  return ms > LONGEST_MS ? { reason: 'is longer than 576h', hint: 'Write at most 576h.' } : undefined;
}

/** Names of steps, components and environments. They end up in arguments of tools and in names of files. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

/** Versions end up in arguments of tools, too. */
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
  if (/^[!-~]$/.test(character)) return `\`${character}\``;
  return `the character U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The candidate that a person most likely meant, or undefined where none is near enough. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  // Long words are never worth the quadratic comparison: they are not slips of the pen.
  if (wanted.length > 100) return undefined;
  let best: string | undefined;
  let least = Math.max(2, Math.floor(wanted.length * 0.4)) + 1;
  for (const candidate of candidates) {
    const far = distance(wanted, candidate.toLowerCase());
    if (far < least && far < Math.max(wanted.length, candidate.length)) {
      best = candidate;
      least = far;
    }
  }
  return best;
}

/** The suggestion and the list that go with a word that is none of the known ones. */
export function choice(word: string, known: readonly string[]): { suggestion: string | undefined; known: readonly string[] } {
  return { suggestion: suggest(word, known), known };
}

/** Text in quotes, with what cannot be seen made visible, and cut where it is long. */
export function showText(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** What kind of thing a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'text' : `a ${typeof value}`;
}
