import { basename, dirname } from 'node:path';
import { parseDuration } from '@ship/core';
import type { Path } from '@ship/core/kernel';

/** A map of the config: any object that is not a list. */
export type Dict = Record<string, unknown>;

/** Distinguishes a map from a list, a scalar and nothing. */
export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value where it is a map. Anything else is a mistake that the schema has reported, and counts as an empty one. */
export const dictOf = (value: unknown): Dict => (isDict(value) ? value : {});

/** The same for lists. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Whether there is something of its own at a path. */
export function hasAt(root: unknown, path: Path): boolean {
  const parent = getAt(root, path.slice(0, -1));
  return path.length === 0 || (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, path.at(-1) as string));
}

/** A path as people read it: `steps[2].retry.times`. */
export function formatPath(path: Path): string {
  const parts = path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${plainKey(key)}`));
  return parts.join('') || 'The config';
}

function plainKey(key: string): string {
  return /^[\w$<@./~:-]{1,80}$/.test(key) ? key : JSON.stringify(key.slice(0, 80));
}

/** Calls back for everything that is neither a list nor a map. */
export function eachLeaf(value: unknown, visit: (leaf: unknown, path: Path) => void, path: Path = []): void {
  if (Array.isArray(value)) value.forEach((item, index) => void eachLeaf(item, visit, [...path, index]));
  else if (isDict(value)) for (const [key, item] of Object.entries(value)) eachLeaf(item, visit, [...path, key]);
  else visit(value, path);
}

/** Calls back for every text in a value. */
export function eachText(value: unknown, visit: (text: string, path: Path) => void): void {
  eachLeaf(value, (leaf, path) => {
    if (typeof leaf === 'string') visit(leaf, path);
  });
}

/** A copy of the value with every text replaced. */
export function mapTexts(value: unknown, replace: (text: string, path: Path) => string, path: Path = []): unknown {
  if (typeof value === 'string') return replace(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, replace, [...path, index]));
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, replace, [...path, key])]));
}

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}

/** The own value at a path, or undefined. */
export function getAt(root: unknown, path: Path): unknown {
  let value: unknown = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Dict)[key];
  }
  return value;
}

/** The longest duration: a timer of Node fires at once beyond 2^31 - 1 ms. */
const LONGEST_MS = 24 * 24 * 3_600_000;

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

/** Relative paths start at the folder of the config; one that lies in the state folder belongs to the folder around it. */
export function projectFolder(file: string): string {
  const folder = dirname(file);
  return basename(folder) === '.speckit' ? dirname(folder) : folder;
}
