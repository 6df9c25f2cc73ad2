import type { Flaw } from '../migration.js';

/** A number as a tool reads it from a file name: leading zeros mean nothing. */
export const numberOf = (digits: string): string => digits.replace(/^0+(?=\d)/, '');

/** Numbers of any length, as texts of digits. */
export function compareNumbers(one: string, other: string): number {
  const difference = BigInt(one) - BigInt(other);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** By what `keyOf` says of each, in the order in which the keys come. */
export function grouped<T, K>(all: Iterable<T>, keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of all) {
    const key = keyOf(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return groups;
}

/** Two that claim one place: which of them the tool takes, or whether any, is not for us to say. */
export function duplicates(what: string, claims: readonly { readonly id: string; readonly file: string }[]): Flaw[] {
  return [...grouped(claims, ({ id }) => id)].flatMap(([id, all]) =>
    all.length < 2
      ? []
      : [
          {
            level: 'block' as const,
            rule: 'duplicate-version',
            message: `${all.map(({ file }) => file).join(' and ')} are both ${what} ${id}`,
            file: all[1]!.file,
          },
        ],
  );
}

/** A sequence counts 1, 2, 3; a timestamp has eight digits at least. */
const LARGEST_IN_SEQUENCE = 9_999_999n;

/** A number that is left out of a sequence is a file that was lost, or not yet merged. Between timestamps there is always a gap. */
export function gaps(numbers: readonly string[]): Flaw[] {
  const sorted = [...new Set(numbers)].map(BigInt).sort((one, other) => (one < other ? -1 : 1));
  if (sorted.some((number) => number > LARGEST_IN_SEQUENCE)) return [];
  const steps = sorted.slice(1).map((number, index) => ({ from: sorted[index]!, to: number }));
  const missing = steps.filter(({ from, to }) => to - from > 1n);
  // Who counts in tens, or by the versions of a product, leaves gaps on purpose, and many of them.
  const isOnPurpose = missing.length * 2 > steps.length || missing.length > Math.max(2, steps.length / 4);
  if (missing.length === 0 || isOnPurpose) return [];
  const names = missing.map(({ from, to }) => (to - from === 2n ? `${from + 1n}` : `${from + 1n} to ${to - 1n}`));
  return [{ level: 'warn', rule: 'version-gap', message: `the versions count up, and leave out ${names.join(', ')}` }];
}

/** A file that lies among migrations, looks like one, and is never run. */
export const stray = (file: string, tool: string): Flaw => ({
  level: 'warn',
  rule: 'stray-file',
  message: `${file} is not named as ${tool} names a migration, and is not run`,
  file,
});

/** What undoes something that nothing has done. */
export const downWithoutUp = (file: string): Flaw => ({
  level: 'warn',
  rule: 'down-without-up',
  message: `${file} undoes a migration that is not there`,
  file,
});

/** A mistake for which the tool refuses the folder as a whole. */
export const refused = (tool: string, problem: string, file?: string): Flaw => ({
  level: 'block',
  rule: 'refused-by-tool',
  message: `${tool} refuses this folder: ${problem}`,
  ...(file !== undefined && { file }),
});
