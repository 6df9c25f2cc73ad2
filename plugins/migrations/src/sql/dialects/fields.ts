/** Why a statement of another dialect cannot be judged. */
export class Unclear extends Error {}

/** Notes of the parser about the text itself. */
const NOTES = /(?:^span|_token|_display|_keyword|display_as_key)$/;

/**
 * A node of sqlparser's tree, read field by field. What has been set and nobody has asked for could be what matters, so `done`
 * refuses it; a field that a new release of the parser adds is refused in the same way.
 */
export class Fields {
  readonly #read = new Set<string>();
  readonly #node: Readonly<Record<string, unknown>>;

  constructor(
    readonly what: string,
    node: unknown,
  ) {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) throw new Unclear(`${what} is not followed`);
    this.#node = node as Readonly<Record<string, unknown>>;
  }

  /** A field as it is; absent where nothing is set. */
  get(name: string): unknown {
    this.#read.add(name);
    const value = this.#node[name];
    return isSet(value) ? value : undefined;
  }

  /** A field that may have one of some values that change nothing. */
  allow(name: string, ...fine: readonly unknown[]): this {
    const value = this.get(name);
    if (value !== undefined && !fine.includes(value)) throw new Unclear(`${name} of ${this.what} is not followed`);
    return this;
  }

  /** Fields that only say how the rows are stored or found. */
  ignore(...names: readonly string[]): this {
    for (const name of names) this.#read.add(name);
    return this;
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name) ?? [];
    if (!Array.isArray(value)) throw new Unclear(`${name} of ${this.what} is not followed`);
    return value;
  }

  is(name: string): boolean {
    return this.get(name) === true;
  }

  /** Has all been read that is set? */
  done(): void {
    for (const [name, value] of Object.entries(this.#node))
      if (isSet(value) && !NOTES.test(name) && !this.#read.has(name)) throw new Unclear(`${name} of ${this.what} is not followed`);
  }
}

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== false && !(Array.isArray(value) && value.length === 0);

/** A node of one kind, `{Kind: body}`, or one without a body, `'Kind'`. */
export function kindOf(node: unknown): readonly [kind: string, body: unknown] {
  if (typeof node === 'string') return [node, undefined];
  const entries = typeof node === 'object' && node !== null ? Object.entries(node) : [];
  if (entries.length !== 1) throw new Unclear('a part of it is not followed');
  return entries[0]!;
}
