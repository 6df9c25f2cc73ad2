import { errors } from './errors/catalogue.js';
import { isShipError, type ShipError } from './errors/ship-error.js';
import { suggest } from './errors/suggest.js';
import type { Position } from './types/index.js';

/** The keys and indexes from the root of the config to a place in it. */
export type Path = readonly (string | number)[];

/** Which part of an entry an error points at. */
export type Part = 'key' | 'value';

/** Where something of the config stands. */
export type PositionOf = (path: Path, part?: Part) => Position;

/** What a mistake is about: a value in any respect, its shape, which nothing further may be read from, or the keys of a map. */
type Flaw = 'any' | 'shape' | 'keys';

/**
 * Collects the mistakes of a config: of the file, of the plugins that it names, and of the plan that it makes, so that
 * nobody mends them in rounds. It knows which parts are reported already, so that nothing is reported that only follows.
 */
export class Diagnostics {
  readonly #mistakes = new Map<string, ShipError>();
  readonly #pluginMistakes = new Map<string, ShipError>();
  readonly #reported: { readonly path: Path; readonly flaw: Flaw }[] = [];
  readonly #overlooked: { readonly error: ShipError; readonly path: Path }[] = [];
  readonly #lostPlugins = new Set<string>();
  #unknownPlugins = false;
  #environment: string | undefined;

  /** @param shown The path of the file as people see it. */
  constructor(readonly shown: string) {}

  /** Adds a mistake, and the place of the config that it is about. The same mistake at the same place counts once. */
  add(error: ShipError, path?: Path, flaw: Flaw = 'any'): void {
    this.#mistakes.set(keyOf(error), error);
    if (path !== undefined) this.#reported.push({ path, flaw });
  }

  /** Notes a mistake that is none as long as nobody needs the value: see {@link demand}. Nothing that only follows from it is reported. */
  overlook(error: ShipError, path: Path): void {
    this.#overlooked.push({ error, path });
    this.#reported.push({ path, flaw: 'shape' });
  }

  /** Somebody needs what was overlooked, or those parts of it that concern them: now they are mistakes. */
  demand(concerns: (path: Path) => boolean = () => true): void {
    for (const { error } of this.#overlooked.filter(({ path }) => concerns(path))) this.#mistakes.set(keyOf(error), error);
    this.throwIfAny();
  }

  /** Adds a mistake after which nothing else can be read, and throws. */
  fatal(error: ShipError): never {
    this.add(error);
    throw this.toError();
  }

  /** Adds a mistake of a plugin, or of the way that the config uses it. */
  addOfPlugin(error: ShipError): void {
    this.#pluginMistakes.set(keyOf(error), error);
  }

  /** What the work gives; undefined where it throws a mistake, which is added. */
  async collect<T>(work: () => Promise<T>, by: 'config' | 'plugin' = 'config'): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isShipError(error)) throw error;
      if (by === 'plugin') this.addOfPlugin(error);
      else this.add(error);
      return undefined;
    }
  }

  /** A plugin cannot be used, so what it would have brought is unknown. Without a name: not even its name is known. */
  losePlugin(name?: string): void {
    if (name === undefined) this.#unknownPlugins = true;
    else this.#lostPlugins.add(name);
  }

  /** From here on, paths are those of the merged config: a mistake in the block of the environment is about them, too. */
  useMergedPaths(environment: string): void {
    this.#environment = environment;
  }

  get isEmpty(): boolean {
    return this.#mistakes.size + this.#pluginMistakes.size === 0;
  }

  /** Whether the shape of what is at the path, above it or below it is wrong. */
  isBroken(path: Path): boolean {
    return this.#some(path, (at, reported, flaw) => flaw === 'shape' && (isUnder(reported, at) || isUnder(at, reported)));
  }

  /** Whether the shape of the very thing at the path is wrong, or its keys are. */
  isBrokenAt(path: Path): boolean {
    return this.#some(path, (at, reported, flaw) => flaw !== 'any' && reported.length === at.length && isUnder(reported, at));
  }

  /** Whether a mistake is about the path, or about what is above it, as far as `from`. */
  isReported(path: Path, from: Path = path): boolean {
    const above = path.length - from.length;
    return this.#some(path, (at, reported) => reported.length >= at.length - above && isUnder(at, reported));
  }

  /** Whether a plugin is missing that could have brought anything. */
  get isPluginMissing(): boolean {
    return this.#unknownPlugins || this.#some(['plugins'], (at, reported) => isUnder(reported, at));
  }

  /** Whether a plugin that cannot be used may have brought the name. `usable`: the plugins that can. */
  isLost(kind: string, name: string, known: readonly string[], usable: readonly string[]): boolean {
    const lost = [...this.#lostPlugins].filter((plugin) => !usable.includes(plugin));
    if (lost.length === 0 && !this.isPluginMissing) return false;
    // Nearly the name of something that is there is a slip. Short names are near to each other by chance.
    if (kind !== 'action') return name.length <= 4 || suggest(name, known) === undefined;
    const plugin = name.split('/')[0]!;
    return lost.includes(plugin) || (this.isPluginMissing && !usable.includes(plugin));
  }

  /** All mistakes by position. */
  all(): readonly ShipError[] {
    return [...new Map([...this.#mistakes, ...this.#pluginMistakes]).values()].sort(byPosition);
  }

  /** All mistakes as one error. Where only plugins have any, the config is not to blame. */
  toError(): ShipError {
    const found = this.all();
    if (this.#mistakes.size > 0)
      return errors.SHIP_CONFIG_INVALID({ file: this.shown, count: found.length }, { at: found[0]?.at, errors: found });
    return found.length === 1 ? found[0]! : errors.SHIP_PLUGINS_INVALID({ count: found.length }, { errors: found });
  }

  /** Throws all mistakes as one error. */
  throwIfAny(): void {
    if (!this.isEmpty) throw this.toError();
  }

  #some(path: Path, test: (at: Path, reported: Path, flaw: Flaw) => boolean): boolean {
    const places = this.#environment === undefined ? [path] : [path, ['environments', this.#environment, ...path]];
    return this.#reported.some((report) => places.some((at) => test(at, report.path, report.flaw)));
  }
}

function byPosition({ at: a }: ShipError, { at: b }: ShipError): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

function keyOf({ code, message, at }: ShipError): string {
  return [code, message, at?.line, at?.column].join('\n');
}

/** Whether a path is at another one or below it. */
function isUnder(path: Path, parent: Path): boolean {
  return parent.length <= path.length && parent.every((key, index) => String(key) === String(path[index]));
}
