import { isScalar } from 'yaml';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** What is wrong with the name of a key, or undefined. */
export function forbiddenKey(key: string): string | undefined {
  return FORBIDDEN.has(key) ? `may not be named \`${key}\`` : undefined;
}

/** What is wrong with a key as it stands in the YAML, or undefined. */
export function keyProblem(key: unknown, text: string): string | undefined {
  if (!isScalar(key)) return 'must be a plain word, not an alias, a list or a map';
  if (key.value === null || key.value === '') return 'is empty';
  if (typeof key.value === 'string') return forbiddenKey(key.value);
  const written = text.slice(key.range?.[0] ?? 0, key.range?.[1] ?? 0).trim();
  return String(key.value) === written ? undefined : `is written ${written.slice(0, 40)}, which YAML reads as ${String(key.value)}`;
}
