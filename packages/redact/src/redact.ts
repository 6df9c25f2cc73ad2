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
const SHORTEST_LINE = 8;
const SHORTEST_BASE64 = 6;
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

/** A text with layers of encoding taken off. */
interface Layer {
  readonly text: string;
  /** The layers, from outside: `u` a URL, `j` JSON, `b` base64. */
  readonly path: string;
  /** Where each of its characters begins and ends in the whole text. To find that out takes long, and is rarely needed. */
  readonly from?: readonly number[];
  readonly to?: readonly number[];
}

interface Encoding {
  readonly kind: 'u' | 'j' | 'b';
  readonly pattern: RegExp;
  read(piece: string): string;
  /** Where each character of what was read begins and ends in the piece; the whole piece where it is one character. */
  places?(piece: string): readonly (readonly [start: number, end: number])[];
}

const ENCODED = /%[0-9a-f]{2}|\\[u"\\/bfnrt]|[\w+/-]{16}/i;
const URL_CODE: Encoding = {
  kind: 'u',
  pattern: /%[0-9a-fA-F]{2}/g,
  read: (code: string) => String.fromCharCode(Number.parseInt(code.slice(1), 16)),
};
const SHORT_CODES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const JSON_CODE: Encoding = {
  kind: 'j',
  pattern: /\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/g,
  read: (code: string) => (code[1] === 'u' ? String.fromCharCode(Number.parseInt(code.slice(2), 16)) : (SHORT_CODES[code[1]!] ?? code[1]!)),
};
/** It may be wrapped, and nobody knows where it begins: after none to three of its characters. */
const BASE64 = [0, 1, 2, 3].map(
  (skipped): Encoding => ({
    kind: 'b',
    pattern: /[\w+/-]{16,}(?:\r?\n[ \t]*[\w+/-]+)*/g,
    read: (run) => bytesOf(run, skipped).toString('latin1'),
    // Less the characters at its ends that depend on what is around it, too.
    places(run) {
      const at = [...run.matchAll(/\S/g)].map(({ index }) => index).slice(skipped);
      return Array.from(bytesOf(run, skipped), (_, byte) => [
        at[Math.ceil((byte * 8) / 6)] ?? run.length - 1,
        at[Math.floor(((byte + 1) * 8) / 6) - 1]! + 1,
      ]);
    },
  }),
);
const DEEPEST = 3;

const bytesOf = (run: string, skipped: number): Buffer => Buffer.from(run.replace(/\s+/g, '').slice(skipped), 'base64');

/** The texts below every layer of encoding, and below those of these. */
function layersOf(whole: Layer): Layer[] {
  const layers = [whole];
  for (const layer of layers) {
    const { path } = layer;
    if (path.length === DEEPEST) continue;
    const encodings = path === '' || path === 'j' ? [URL_CODE, JSON_CODE, ...BASE64] : [URL_CODE, JSON_CODE];
    for (const encoding of encodings) {
      const inner = layer.from === undefined ? read(layer, encoding) : readInPlace(layer, encoding);
      if (inner.text !== layer.text && inner.text !== '') layers.push(inner);
    }
  }
  return layers.slice(1);
}

/** Of what holds base64 the rest is of no interest any more. */
function read({ text, path }: Layer, { kind, pattern, read }: Encoding): Layer {
  const inner =
    kind === 'b' ? (text.match(pattern) ?? []).map((run) => `${read(run)}\n`).join('') : text.replace(pattern, (code) => read(code));
  return { text: inner, path: path + kind };
}

function readInPlace({ text, path, from, to }: Layer, { kind, pattern, read, places }: Encoding): Layer {
  const inner = { text: '', from: [] as number[], to: [] as number[] };
  const add = (said: string, index: number, spans: readonly (readonly [number, number])[]) => {
    inner.text += said;
    for (const [start, end] of spans) {
      inner.from.push(from![index + start]!);
      inner.to.push(to![index + end - 1]!);
    }
  };
  const copy = (start: number, end: number) => {
    for (let index = start; index < end; index += 1) add(text[index]!, index, [[0, 1]]);
  };
  let at = 0;
  for (const { 0: piece, index } of text.matchAll(pattern)) {
    if (kind !== 'b') copy(at, index);
    add(read(piece), index, places?.(piece) ?? [[0, piece.length]]);
    at = index + piece.length;
    if (kind === 'b') add('\n', at - 1, [[0, 1]]);
  }
  if (kind !== 'b') copy(at, text.length);
  return { ...inner, path: path + kind };
}

/** A form by its name; undefined where the secret does not have it. */
function formOf(value: string, form: string): string | undefined {
  const [, whole = form, start, end] = /^(.*)\.(\d+)-(\d*)$/.exec(form) ?? [];
  const [, path, line] = /^as\.([ujb0-2_]+)(?:\.(line\.\d+))?$/.exec(whole) ?? [];
  const bare = line === undefined ? value : formsOf(value).get(line);
  const text = path === undefined ? formsOf(value).get(whole) : bare && encodedAs(bare, path);
  return text?.slice(Number(start ?? 0), end ? Number(end) : undefined);
}

/** A text below layers, given from outside. */
function encodedAs(text: string, path: string): string | undefined {
  const layers = path.match(/[uj]|b[0-2]?_?/g) ?? [];
  return layers.reduceRight<string | undefined>((inner, layer) => {
    if (inner === undefined || layer === 'b') return undefined;
    if (layer === 'u') return encodeURIComponent(Buffer.from(inner).toString());
    if (layer === 'j') return JSON.stringify(inner).slice(1, -1);
    const base64 = alignedBase64(Buffer.from(inner), Number(layer[1]));
    return layer.endsWith('_') ? base64.replaceAll('+', '-').replaceAll('/', '_') : base64;
  }, text);
}

/** What follows a text that somebody has shortened. */
const CUT = /\u2026|\.{3}|"|$/g;
const SHORTEST_BEGINNING = 5;
/** Of a long secret less than a quarter is too much already. */
const ENOUGH = 9;
/** Nothing is shortened to more. */
const LONGEST_BEGINNING = 600;

/** Beginnings of secrets that say too much, longest first, by their last characters. */
function beginningsOf(values: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const beginnings = new Map<string, string[]>();
  for (const value of values)
    for (const form of new Set([value, urlForms(value)[0]!, jsonForms(value)[0]!]))
      for (
        let length = Math.min(form.length - 1, LONGEST_BEGINNING);
        length >= Math.max(SHORTEST_BEGINNING, Math.min(form.length / 4, ENOUGH));
        length -= 1
      ) {
        const last = form.slice(length - SHORTEST_BEGINNING, length);
        const known = beginnings.get(last) ?? [];
        beginnings.set(last, [...known, form.slice(0, length)]);
      }
  return beginnings;
}

/** The forms in which a secret may stand in a text besides as it is, by name. */
function formsOf(value: string): Map<string, string> {
  return new Map([
    ...named('line', linesOf(value)),
    ...named('url', urlForms(value)),
    ...named('json', jsonForms(value)),
    ...named('base64', base64Forms(value)),
  ]);
}

const linesOf = (value: string): string[] => value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);

const named = (kind: string, texts: readonly string[]): [string, string][] => texts.map((text, index) => [`${kind}.${index}`, text]);

/** Encoders differ in what they leave as it is, in how they write a space, and in the case of the digits. */
function urlForms(value: string): string[] {
  const component = encodeURIComponent(Buffer.from(value).toString());
  const strict = component.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [component, strict, new URLSearchParams({ v: value }).toString().slice(2), encodeURI(Buffer.from(value).toString())];
  const all = forms.flatMap((form) => [form, form.replaceAll('%20', '+')]);
  return [...all, ...all.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
}

/** Some encoders escape the slash, and some all that is not ASCII. */
function jsonForms(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const forms = [plain, plain.replaceAll('/', '\\/')];
  return [...forms, ...forms.map((form) => form.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))];
}

/** Base64 of a text inside a longer one depends on where it starts: three alignments, less their uncertain ends. Tools wrap it at 64 or 76. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const aligned = [0, 1, 2].map((shift) => alignedBase64(bytes, shift));
  const wrapped = [64, 76].flatMap((width) => aligned[0]!.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
  const forms = [bytes.toString('base64'), ...[...aligned, ...wrapped].filter((form) => form.length >= SHORTEST_BASE64)];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

/** The base64 of bytes that begin so many bytes after a multiple of three, less what depends on their neighbours. */
function alignedBase64(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
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
