/** Words that the parser writes in another way, or that say nothing. */
const NOISE = new Set(['temp', 'transaction', 'work']);

/**
 * The words, numbers and texts of a statement that are not there any more when the parser writes down what it has read. A
 * parser that passes over what it does not know would have the rules pass over it, too.
 */
export function lostWords(code: string, written: string): string[] {
  const left = wordsIn(written);
  return [...wordsIn(code)].flatMap(([word, times]) => (times > (left.get(word) ?? 0) && !NOISE.has(word) ? [word] : []));
}

function wordsIn(code: string): Map<string, number> {
  const words = new Map<string, number>();
  for (const [word] of code.toLowerCase().matchAll(/[\p{L}\p{N}_@$]+/gu)) words.set(word, (words.get(word) ?? 0) + 1);
  return words;
}
