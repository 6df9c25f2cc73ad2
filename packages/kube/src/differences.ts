import { stable } from './clean.js';

/** Where in an object. */
export type Path = readonly (string | number)[];

/** A field that is another one than it was. */
export interface Difference {
  readonly path: Path;
  /** `added`: it was not there; `missing`: it is not there any more. */
  readonly kind: 'added' | 'missing' | 'changed';
  readonly live: unknown;
  readonly wanted: unknown;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** How two cleaned objects differ, field by field. Items of lists that have names are compared by these. Paths lead into what is live, or wanted. */
export function differencesOf(live: unknown, wanted: unknown, path: Path = []): Difference[] {
  if (stable(live) === stable(wanted)) return [];
  if (live === undefined) return [{ path, kind: 'missing', live, wanted }];
  if (wanted === undefined) return [{ path, kind: 'added', live, wanted }];
  if (isFields(live) && isFields(wanted))
    return [...new Set([...Object.keys(live), ...Object.keys(wanted)])].flatMap((key) =>
      differencesOf(live[key], wanted[key], [...path, key]),
    );
  const inLists = Array.isArray(live) && Array.isArray(wanted) ? inNamed(live, wanted, path) : [];
  return inLists.length > 0 ? inLists : [{ path, kind: 'changed', live, wanted }];
}

const nameOf = (item: unknown): string | undefined => (isFields(item) && typeof item.name === 'string' ? item.name : undefined);

/** Nothing where items have no names, or only their order differs: then it is the list that differs. */
function inNamed(live: readonly unknown[], wanted: readonly unknown[], path: Path): Difference[] {
  if (![...live, ...wanted].every((item) => nameOf(item) !== undefined)) return [];
  return [
    ...live.flatMap((item, at) =>
      differencesOf(
        item,
        wanted.find((each) => nameOf(each) === nameOf(item)),
        [...path, at],
      ),
    ),
    ...wanted.flatMap((item, at) =>
      live.some((each) => nameOf(each) === nameOf(item))
        ? []
        : [{ path: [...path, at], kind: 'missing' as const, live: undefined, wanted: item }],
    ),
  ];
}

/** `.spec.template.spec.containers[app].image`. Keys that are no words stand in brackets, too. */
export function pathText(path: Path, root: unknown): string {
  let at: unknown = root;
  let text = '';
  for (const step of path) {
    at = isFields(at) || Array.isArray(at) ? (at as Record<string | number, unknown>)[step] : undefined;
    const word = typeof step === 'number' ? (nameOf(at) ?? step) : step;
    text += typeof step === 'string' && /^\w+$/.test(step) ? `.${word}` : `[${word}]`;
  }
  return text;
}

const LONGEST = 60;

/** A difference in words; values of what is secret are left out. */
export function differenceText({ path, kind, live, wanted }: Difference, root: unknown, isSecret: boolean): string {
  const show = (value: unknown) => {
    // What is below may hold what is secret.
    const text = typeof value === 'object' && value !== null ? (Array.isArray(value) ? '[…]' : '{…}') : JSON.stringify(value);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  };
  const where = pathText(path, root);
  if (kind === 'added') return `${where} is there, and was not${isSecret ? '' : ` (${show(live)})`}`;
  if (kind === 'missing') return `${where} is not there, and was${isSecret ? '' : ` ${show(wanted)}`}`;
  return isSecret ? `${where} is another one than it was` : `${where} is ${show(live)}, and was ${show(wanted)}`;
}
