import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import { isUnder, type Path } from './paths.js';

/** Gathers the mistakes of one file, so that all of them are told at once. */
export class Mistakes {
  readonly #errors = new Map<string, ShipError>();
  readonly #broken: Path[] = [];
  readonly #incomplete: Path[] = [];
  readonly #told: Path[] = [];

  constructor(readonly shown: string) {}

  /** Adds a mistake, and the place of the config that it is about. The same mistake at the same place counts once. */
  add(error: ShipError, path?: Path): void {
    this.#errors.set(keyOf(error), error);
    if (path !== undefined) this.#told.push(path);
  }

  /** Adds a mistake in the shape of a value, which must not be looked into any further. */
  addBroken(path: Path, error: ShipError): void {
    this.#broken.push(path);
    this.add(error, path);
  }

  /** Adds a mistake about the keys of a map, whose values can be looked into all the same. */
  addIncomplete(path: Path, error: ShipError): void {
    this.#incomplete.push(path);
    this.add(error, path);
  }

  /** Adds a mistake after which nothing else can be read, and throws. */
  fatal(error: ShipError): never {
    this.add(error);
    this.throwIfAny();
    throw error;
  }

  /** Nothing was refused for its shape, or for its keys. */
  get isSound(): boolean {
    return this.#broken.length === 0 && this.#incomplete.length === 0;
  }

  /** Whether the shape at the path, or at something below or above it, is broken. */
  isBroken(path: Path): boolean {
    return this.#broken.some((broken) => isUnder(broken, path) || isUnder(path, broken));
  }

  /** Whether the shape of the very thing at the path is broken, or its keys are. */
  isBrokenAt(path: Path): boolean {
    return this.#broken.concat(this.#incomplete).some((broken) => broken.length === path.length && isUnder(broken, path));
  }

  /** Whether a mistake was told about the path, or about what is above it, as far as `from`. */
  isToldWithin(from: Path, path: Path): boolean {
    return this.#told.some((told) => isUnder(told, from) && isUnder(path, told));
  }

  /** Whether a mistake was told about the path, or about something below it. */
  isToldBelow(path: Path): boolean {
    return this.#told.some((told) => isUnder(told, path));
  }

  /** All mistakes. */
  all(): readonly ShipError[] {
    return [...this.#errors.values()];
  }

  /** Throws all mistakes as one error. */
  throwIfAny(): void {
    if (this.#errors.size > 0) throw invalid(this.shown, this.all());
  }
}

/** All mistakes of a file as one error: each once, sorted by position. */
export function invalid(file: string, mistakes: readonly ShipError[]): ShipError {
  const found = [...new Map(mistakes.map((mistake) => [keyOf(mistake), mistake])).values()].sort(byPosition);
  return errors.SHIP_CONFIG_INVALID({ file, count: found.length }, { at: found[0]?.at, errors: found });
}

function byPosition({ at: a }: ShipError, { at: b }: ShipError): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

function keyOf({ code, message, at }: ShipError): string {
  return [code, message, at?.line, at?.column].join('\n');
}
