import type { Json } from './types/index.js';

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
const REFERENCE = /\{\{secret:(?:([^{}|]+)(?:\|([a-z0-9.]+))?)?\}\}/g;
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

/**
 * The one sink through which every byte to a file, a screen or the network passes.
 * Knows a secret as it is, in base64, in URLs and in JSON.
 */
export class Redactor {
  readonly #forms: RegExp | undefined;
  readonly #formsAndOpening: RegExp | undefined;
  readonly #referenceOf = new Map<string, string>();
  readonly #valueOf: ReadonlyMap<string, string>;

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
    return this.#forms === undefined ? text : text.replace(this.#forms, MASK);
  }

  /** Masks every string in a value. */
  redactDeep<T>(value: T): T {
    return this.#forms === undefined ? value : (mapStrings(value as Json, (text) => this.redact(text)) as T);
  }

  /** Replaces secrets by references, for what `ship` must read back: journals and snapshots hold names, not values. */
  refer<T>(value: T): T {
    const known = this.#formsAndOpening ?? OPENING;
    const refer = (found: string) => (found === OPENING ? LITERAL_OPENING : `${OPENING}${this.#referenceOf.get(found)}}}`);
    return mapStrings(value as Json, (text) => text.replaceAll(known, refer)) as T;
  }

  /** The JSON of {@link refer}'s answer. Where there is nothing to replace, which is almost always, no value is walked through. */
  referToJson(value: object): string {
    const json = JSON.stringify(value);
    return this.#forms === undefined && !json.includes(OPENING) ? json : JSON.stringify(this.refer(value));
  }

  /** Puts the values back where {@link refer} left names. Unknown names stay, and are reported to `missing`. */
  resolve<T>(value: T, missing: (name: string) => void = () => {}): T {
    const resolve = (reference: string, encoded?: string, form?: string): string => {
      if (encoded === undefined) return OPENING;
      const name = decodeURIComponent(encoded);
      const secret = this.#valueOf.get(name);
      if (secret === undefined) missing(name);
      return (form === undefined || secret === undefined ? secret : formsOf(secret).get(form)) ?? reference;
    };
    return mapStrings(value as Json, (text) => text.replaceAll(REFERENCE, resolve)) as T;
  }

  #know(text: string, reference: string): void {
    if (text.length > 0 && !this.#referenceOf.has(text)) this.#referenceOf.set(text, reference);
  }
}

/** The forms in which a secret may stand in a text besides as it is, by name. */
function formsOf(value: string): Map<string, string> {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
  return new Map([
    ...named('line', lines),
    ...named('url', urlForms(value)),
    ...named('json', jsonForms(value)),
    ...named('base64', base64Forms(value)),
  ]);
}

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
  const aligned = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  });
  const wrapped = [64, 76].flatMap((width) => aligned[0]!.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
  const forms = [bytes.toString('base64'), ...[...aligned, ...wrapped].filter((form) => form.length >= SHORTEST_BASE64)];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function alternatives(texts: readonly string[]): RegExp | undefined {
  const unique = [...new Set(texts.filter((text) => text.length > 0))].sort((a, b) => b.length - a.length);
  if (unique.length === 0) return undefined;
  return new RegExp(unique.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
}

function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), item === undefined ? item : mapStrings(item, change)]),
  );
}
