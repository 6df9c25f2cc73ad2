import { beginningsOf, encodedAs, formOf, formsOf, linesOf, named, SHORTEST_BEGINNING, SHORTEST_LINE } from './forms.js';
import { ENCODED, type Layer, layersOf } from './layers.js';

/** What JSON can hold. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A secret and the environment variable that holds it. */
export interface Secret {
  /** The name of the variable. */
  readonly name: string;
  /** What is masked. */
  readonly value: string;
}

/** How the name of a variable ends that holds a secret. */
const TELLING_END = /(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|_PAT|_DSN|(API|ACCESS|PRIVATE)_?KEY)$/;
/** Shorter values would redact ordinary words. */
const SHORTEST_GUESSED = 6;
const SHORTEST_NAMED = 3;
const MASK = '***';
/** A name, and the form where it is not the value itself. Without a name: the opening of a reference, taken literally. */
const REFERENCE = /\{\{secret:(?:([^{}|]+)(?:\|([a-z0-9.-]+))?)?\}\}/g;
const OPENING = '{{secret:';
const LITERAL_OPENING = '{{secret:}}';

/** The secrets of an environment: variables whose name says so, and those that the config names. */
export function findSecrets(env: NodeJS.ProcessEnv, named: readonly string[] = []): Secret[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    const isNamed = named.includes(name);
    const shortest = isNamed ? SHORTEST_NAMED : SHORTEST_GUESSED;
    return (isNamed || TELLING_END.test(name.toUpperCase())) && value.length >= shortest ? [{ name, value }] : [];
  });
}

/** What follows a text that somebody has shortened. */
const CUT = /\u2026|\.{3}|"|$/g;

/** A secret, or a line of one, in a text. */
interface Found {
  readonly start: number;
  readonly end: number;
  /** What {@link Redactor.refer} writes in its place: a name, and a form. */
  readonly reference: string;
  /** Base64 may be wrapped: its line ends are no part of the secret. */
  readonly isWrapped: boolean;
}

/**
 * The one sink through which every byte to a file, a screen or the network passes.
 * Knows a secret as it is, in base64, in URLs and in JSON, and below some layers of these.
 */
export class Redactor {
  readonly #forms: RegExp | undefined;
  readonly #formsAndOpening: RegExp | undefined;
  readonly #referenceOf = new Map<string, string>();
  readonly #valueOf: ReadonlyMap<string, string>;
  #bare: BareSecrets | undefined;
  #beginnings: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(secrets: readonly Secret[] = []) {
    this.#valueOf = new Map(secrets.map(({ name, value }) => [name, value]));
    for (const { name, value } of secrets) this.#know(value, encodeURIComponent(name));
    for (const { name, value } of secrets)
      for (const [form, text] of formsOf(value)) this.#know(text, `${encodeURIComponent(name)}|${form}`);
    const texts = [...this.#referenceOf.keys()];
    this.#forms = alternatives(texts);
    this.#formsAndOpening = texts.length === 0 ? undefined : alternatives([...texts, OPENING]);
  }

  /** Masks every known secret, for people and networks. */
  redact(text: string): string {
    if (this.#forms === undefined) return text;
    const found = this.#findEncoded(text);
    if (found.length === 0) return this.#maskCutOff(text.replace(this.#forms, MASK));
    const masked = replaced(text, found, (source, { isWrapped }) => (isWrapped ? linesOfBase64(source, () => MASK) : MASK));
    return this.#maskCutOff(masked);
  }

  /** Masks every string in a value. */
  redactDeep<T>(value: T): T {
    return this.#forms === undefined ? value : (mapStrings(value as Json, (text) => this.redact(text)) as T);
  }

  /** Replaces secrets by references, for what `ship` must read back: journals and snapshots hold names, not values. */
  refer<T>(value: T): T {
    return mapStrings(value as Json, (text) => this.#referText(text)) as T;
  }

  #referText(text: string): string {
    const found = this.#findEncoded(text);
    if (found.length > 0) return replaced(text, found, referenceTo);
    const known = this.#formsAndOpening ?? OPENING;
    return text.replaceAll(known, (form) => (form === OPENING ? LITERAL_OPENING : `${OPENING}${this.#referenceOf.get(form)}}}`));
  }

  /** The JSON of {@link refer}'s answer. Where there is nothing to replace, which is almost always, no value is walked through. */
  referToJson(value: object): string {
    const json = JSON.stringify(value);
    return this.#forms === undefined && !json.includes(OPENING) ? json : JSON.stringify(this.refer(value));
  }

  /** Puts the values back where {@link refer} left names. What cannot be put back stays, and its name is reported to `missing`. */
  resolve<T>(value: T, missing: (name: string) => void = () => {}): T {
    const resolve = (reference: string, encoded?: string, form?: string): string => {
      if (encoded === undefined) return OPENING;
      const name = decodeURIComponent(encoded);
      const secret = this.#valueOf.get(name);
      const text = secret === undefined || form === undefined ? secret : formOf(secret, form);
      if (text === undefined) missing(name);
      return text ?? reference;
    };
    return mapStrings(value as Json, (text) => text.replaceAll(REFERENCE, resolve)) as T;
  }

  #know(text: string, reference: string): void {
    if (text.length > 0 && !this.#referenceOf.has(text)) this.#referenceOf.set(text, reference);
  }

  /** A known form stands there, after something that only looks like a part of it. */
  #holdsPlain(source: string, name: string): boolean {
    const isWhole = new RegExp(`^${escaped(encodeURIComponent(name))}(\\|(url|json)\\..*)?$`);
    return [...source.matchAll(this.#forms!)].some(({ 0: form }) => form !== source && isWhole.test(this.#referenceOf.get(form)!));
  }

  /** What shortens a text may cut through a secret, long before it comes here: its beginning is as bad as the whole. */
  #maskCutOff(text: string): string {
    this.#beginnings ??= beginningsOf(this.#valueOf.values());
    const cut: Found[] = [];
    for (const { index: end } of text.matchAll(CUT)) {
      const candidates = this.#beginnings.get(text.slice(Math.max(0, end - SHORTEST_BEGINNING), end)) ?? [];
      const beginning = candidates.find((each) => text.endsWith(each, end));
      if (beginning !== undefined) cut.push({ start: end - beginning.length, end, reference: '', isWrapped: false });
    }
    return cut.length === 0 ? text : replaced(text, cut, () => MASK);
  }

  /** All that is to be replaced, in order, where some of it stands below layers of encoding; else nothing, as almost always. */
  #findEncoded(text: string): Found[] {
    if (this.#forms === undefined || !ENCODED.test(text)) return [];
    this.#bare ??= bareSecrets(this.#valueOf);
    const { any, long } = this.#bare;
    const holdsOne = ({ text: decoded, path }: Layer) => decoded.search((path.includes('b') ? long : any) ?? /(?!)/) !== -1;
    if (!layersOf({ text, path: '' }).some(holdsOne)) return [];
    const places = Array.from({ length: text.length + 1 }, (_, index) => index);
    const layers = layersOf({ text, path: '', from: places, to: places.slice(1) }).filter(holdsOne);
    const plain = [...text.matchAll(this.#formsAndOpening!)].map(
      ({ 0: form, index }): Found => ({
        start: index,
        end: index + form.length,
        reference: this.#referenceOf.get(form) ?? '',
        isWrapped: false,
      }),
    );
    return disjoint(
      plain,
      layers.flatMap((layer) => this.#findIn(layer, text)),
      text.length,
    );
  }

  #findIn({ text: decoded, from, to, path }: Layer, text: string): Found[] {
    const { any, long, referenceOf } = this.#bare!;
    const isWrapped = path.includes('b');
    return [...decoded.matchAll((isWrapped ? long : any)!)].flatMap(({ 0: bare, index }) => {
      const [start, end] = [from![index]!, to![index + bare.length - 1]!];
      const [name, line] = referenceOf.get(bare)!;
      const source = text.slice(start, end);
      if (!isWrapped && this.#holdsPlain(source, name)) return [];
      const joined = isWrapped ? source.replace(LINE_END, '') : source;
      const value = line === undefined ? this.#valueOf.get(name)! : formOf(this.#valueOf.get(name)!, line)!;
      const form = `as.${isWrapped ? pathOfBase64(path, value, joined) : path}${line === undefined ? '' : `.${line}`}`;
      const reference = this.#referenceOf.get(joined) ?? `${encodeURIComponent(name)}|${form}`;
      return [{ start, end, reference, isWrapped }];
    });
  }
}

/** Wrapped base64 keeps its line ends: each line of it is a slice of the form. */
function referenceTo(source: string, { reference, isWrapped }: Found): string {
  if (reference === '') return LITERAL_OPENING;
  if (!isWrapped || source.search(LINE_END) === -1) return `${OPENING}${reference}}}`;
  let from = 0;
  return linesOfBase64(source, (line, isLast) => {
    const start = from;
    from += line.length;
    return `${OPENING}${reference}.${start}-${isLast ? '' : from}}}`;
  });
}

/** Line ends in wrapped base64, also as JSON writes them. */
const LINE_END = /\s+|(?:\\r)?\\n/g;

function linesOfBase64(source: string, change: (line: string, isLast: boolean) => string): string {
  const parts = source.split(/(\s+|(?:\\r)?\\n)/);
  return parts.map((part, index) => (index % 2 === 0 ? change(part, index === parts.length - 1) : part)).join('');
}

/** The path with where in three bytes the secret begins, and which alphabet it is in. One that cannot be found is never put back. */
function pathOfBase64(path: string, value: string, source: string): string {
  const inner = path.slice(path.indexOf('b') + 1);
  const encoded = encodedAs(value, inner) ?? value;
  const layer = ['b0', 'b1', 'b2', 'b0_', 'b1_', 'b2_'].find((each) => encodedAs(encoded, each) === source);
  return `${layer ?? 'b'}${inner}`;
}

/**
 * Without those inside others. What a plain form explains is explained by it; of two others that overlap, the second
 * loses what is in the first.
 */
function disjoint(plain: readonly Found[], below: readonly Found[], length: number): Found[] {
  const covered = new Uint8Array(length + 1);
  for (const { start, end } of plain) covered.fill(1, start, end);
  const others = below.filter(({ start, end }) => covered.indexOf(0, start) < end || plain.length === 0);
  const kept: Found[] = [];
  for (const found of [...plain, ...others].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const end = kept.at(-1)?.end ?? 0;
    if (found.end > end) kept.push({ ...found, start: Math.max(found.start, end) });
  }
  return kept;
}

function replaced(text: string, found: readonly Found[], by: (source: string, found: Found) => string): string {
  let shown = '';
  let at = 0;
  for (const each of found) {
    shown += text.slice(at, each.start) + by(text.slice(each.start, each.end), each);
    at = each.end;
  }
  return shown + text.slice(at);
}

/** Secrets and their lines, as they stand where all layers are taken off. */
interface BareSecrets {
  readonly any: RegExp | undefined;
  /** Those that do not stand in decoded noise by chance. */
  readonly long: RegExp | undefined;
  /** The name of the secret, and which of its lines it is. */
  readonly referenceOf: ReadonlyMap<string, readonly [name: string, line?: string]>;
}

function bareSecrets(secrets: ReadonlyMap<string, string>): BareSecrets {
  const referenceOf = new Map<string, readonly [string, string?]>();
  const know = (text: string, name: string, line?: string) => {
    // Layers are taken off byte by byte, and a space in a URL may be a plus.
    for (const form of [text, text.replaceAll(' ', '+')].flatMap((each) => [each, Buffer.from(each).toString('latin1')]))
      if (!referenceOf.has(form)) referenceOf.set(form, line === undefined ? [name] : [name, line]);
  };
  for (const [name, value] of secrets) know(value, name);
  for (const [name, value] of secrets) for (const [line, text] of named('line', linesOf(value))) know(text, name, line);
  const texts = [...referenceOf.keys()];
  return { any: alternatives(texts), long: alternatives(texts.filter((text) => text.length >= SHORTEST_LINE)), referenceOf };
}

function alternatives(texts: readonly string[]): RegExp | undefined {
  const unique = [...new Set(texts.filter((text) => text.length > 0))].sort((a, b) => b.length - a.length);
  if (unique.length === 0) return undefined;
  return new RegExp(unique.map(escaped).join('|'), 'g');
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), item === undefined ? item : mapStrings(item, change)]),
  );
}
