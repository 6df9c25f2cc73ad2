import { distance } from 'fastest-levenshtein';

/** A word that was expected to be one of some others. */
export interface Choice {
  readonly suggestion: string | undefined;
  readonly known: readonly string[];
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
export function choice(word: string, known: readonly string[]): Choice {
  return { suggestion: suggest(word, known), known };
}
