import type { Json } from './types/index.js';

/** A secret and the environment variable that holds it. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

const TELLING_NAME = /(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|_PAT|_DSN)$/i;
/** Shorter values would redact ordinary words. */
const SHORTEST_GUESSED = 6;
const SHORTEST_NAMED = 3;
const SHORTEST_FRAGMENT = 8;
const MASK = '***';
const REFERENCE = /\{\{secret:([A-Za-z_][A-Za-z0-9_]*)\}\}/g;

/** The secrets of an environment: variables whose name tells, and those that the config names. */
export function findSecrets(env: NodeJS.ProcessEnv, named: readonly string[] = []): Secret[] {
  const isNamed = new Set(named);
  return Object.entries(env).flatMap(([name, value]) => {
    const shortest = isNamed.has(name) ? SHORTEST_NAMED : TELLING_NAME.test(name) ? SHORTEST_GUESSED : Number.POSITIVE_INFINITY;
    return value !== undefined && value.length >= shortest ? [{ name, value }] : [];
  });
}

/**
 * The one sink through which every byte to a file, a screen or the network passes.
 * Knows a secret as it is, in base64, in URLs and in JSON.
 */
export class Redactor {
  readonly #forms: RegExp | undefined;
  readonly #raw: RegExp | undefined;
  readonly #nameOf: ReadonlyMap<string, string>;
  readonly #valueOf: ReadonlyMap<string, string>;

  constructor(secrets: readonly Secret[] = []) {
    this.#forms = alternatives(secrets.flatMap(({ value }) => formsOf(value)));
    this.#raw = alternatives(secrets.map(({ value }) => value));
    this.#nameOf = new Map(secrets.map(({ name, value }) => [value, name]));
    this.#valueOf = new Map(secrets.map(({ name, value }) => [name, value]));
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
    const raw = this.#raw;
    if (raw === undefined) return value;
    return mapStrings(value as Json, (text) => this.redact(text.replace(raw, (secret) => `{{secret:${this.#nameOf.get(secret)}}}`))) as T;
  }

  /** Puts the values back where {@link refer} left names. Unknown names stay, and are told to `missing`. */
  resolve<T>(value: T, missing: (name: string) => void = () => {}): T {
    return mapStrings(value as Json, (text) =>
      text.replace(REFERENCE, (reference, name: string) => {
        const secret = this.#valueOf.get(name);
        if (secret === undefined) missing(name);
        return secret ?? reference;
      }),
    ) as T;
  }
}

function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_FRAGMENT);
  const encoded = encodeURIComponent(value);
  const json = JSON.stringify(value).slice(1, -1);
  return [value, ...lines, encoded, encoded.replaceAll('%20', '+'), json, ...base64Forms(value)];
}

/** Base64 of a text inside a longer one depends on where it starts: three alignments, less their uncertain ends. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const whole = bytes.toString('base64');
  const aligned = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = Math.ceil((shift * 8) / 6);
    const end = Math.floor(((shift + bytes.length) * 8) / 6);
    return text.slice(start, end);
  });
  const forms = [whole, ...aligned.filter((form) => form.length >= SHORTEST_FRAGMENT)];
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
