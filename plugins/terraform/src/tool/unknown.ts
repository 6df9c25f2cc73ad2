/** What stands in a planned value where only the apply knows. No text of Terraform has this character. */
export const UNKNOWN = '\0known after the apply';

/** A planned value, with {@link UNKNOWN} wherever Terraform writes `true` into what it says of it. */
export function withUnknown(after: unknown, unknown: unknown): unknown {
  if (unknown === true) return UNKNOWN;
  if (!isStructure(unknown) || !hasUnknown(unknown)) return after;
  if (Array.isArray(unknown)) return unknown.map((each, index) => withUnknown((after as readonly unknown[] | null)?.[index], each));
  const values = (after ?? {}) as Readonly<Record<string, unknown>>;
  const names = new Set([...Object.keys(values), ...Object.keys(unknown)]);
  return Object.fromEntries([...names].map((name) => [name, withUnknown(values[name], (unknown as Record<string, unknown>)[name])]));
}

/** Does Terraform say of some part that only the apply knows it? */
const hasUnknown = (unknown: unknown): boolean => unknown === true || (isStructure(unknown) && Object.values(unknown).some(hasUnknown));

/** Is some part of a value {@link UNKNOWN}? */
export const holdsUnknown = (value: unknown): boolean =>
  value === UNKNOWN || (isStructure(value) && Object.values(value).some(holdsUnknown));

/** A value without what was not known of it before. */
export function asKnown(value: unknown, before: unknown): unknown {
  if (before === UNKNOWN) return UNKNOWN;
  if (!isStructure(value) || !isStructure(before) || !holdsUnknown(before)) return value;
  const known = (name: string | number) => asKnown((value as Record<string, unknown>)[name], (before as Record<string, unknown>)[name]);
  return Array.isArray(value)
    ? value.map((_, index) => known(index))
    : Object.fromEntries(Object.keys(value).map((name) => [name, known(name)]));
}

const isStructure = (value: unknown): value is object => typeof value === 'object' && value !== null;
