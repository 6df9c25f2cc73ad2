import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import type { Position } from '../types/index.js';
import { isUnder, type Path } from './paths.js';

/** Gathers the mistakes of one file, so that all of them are told at once. */
export class Mistakes {
  readonly #errors = new Map<string, ShipError>();
  readonly #broken: Path[] = [];
  readonly #incomplete: Path[] = [];

  constructor(readonly shown: string) {}

  /** Adds a mistake. The same mistake at the same place counts once. */
  add(error: ShipError): void {
    this.#errors.set(`${error.code}\n${error.message}\n${key(error.at)}`, error);
  }

  /** Adds a mistake in the shape of a value, which must not be looked into any further. */
  addBroken(path: Path, error: ShipError): void {
    this.#broken.push(path);
    this.add(error);
  }

  /** Adds a mistake about the keys of a map, whose values can be looked into all the same. */
  addIncomplete(path: Path, error: ShipError): void {
    this.#incomplete.push(path);
    this.add(error);
  }

  /** Adds a mistake after which nothing else can be read, and throws. */
  fatal(error: ShipError): never {
    this.add(error);
    this.throwIfAny();
    throw error;
  }

  /** Whether the shape at the path, or at something below or above it, is broken. */
  isBroken(path: Path): boolean {
    return this.#broken.some((broken) => isUnder(broken, path) || isUnder(path, broken));
  }

  /** Whether the shape of the very thing at the path is broken, or its keys are. */
  isBrokenAt(path: Path): boolean {
    return [...this.#broken, ...this.#incomplete].some((broken) => broken.length === path.length && isUnder(broken, path));
  }

  /** Throws all mistakes as one error, sorted by position. */
  throwIfAny(): void {
    const found = [...this.#errors.values()].sort(byPosition);
    if (found.length > 0) throw errors.SHIP_CONFIG_INVALID({ file: this.shown, count: found.length }, { at: found[0]!.at, errors: found });
  }
}

function byPosition({ at: a }: ShipError, { at: b }: ShipError): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

function key(at: Position | undefined): string {
  return at === undefined ? '' : `${at.line}:${at.column}`;
}
