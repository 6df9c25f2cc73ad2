import { errors } from '../errors/catalogue.js';
import { RAW_KEYS } from './interpolate.js';
import type { Mistakes } from './mistakes.js';
import { formatPath, type Path } from './paths.js';
import type { Source } from './source.js';
import { eachText } from './walk.js';

/** Forms that are secrets wherever they stand, each after a part of it: most texts have none, and then nothing is compiled. */
const FORMS: readonly { readonly part: string; readonly form: RegExp; readonly kind: string }[] = [
  { part: 'AKIA', form: /\bAKIA[0-9A-Z]{16}\b/, kind: 'an AWS access key' },
  { part: 'ASIA', form: /\bASIA[0-9A-Z]{16}\b/, kind: 'an AWS access key' },
  { part: '_', form: /\bgh[pousr]_[0-9A-Za-z]{20,}|\bgithub_pat_[0-9A-Za-z_]{20,}/, kind: 'a GitHub token' },
  { part: 'glpat-', form: /\bglpat-[0-9A-Za-z_-]{20,}/, kind: 'a GitLab token' },
  { part: 'xox', form: /\bxox[abeoprs]-[0-9A-Za-z-]{10,}/, kind: 'a Slack token' },
  { part: 'k_live_', form: /\b[sr]k_live_[0-9A-Za-z]{10,}/, kind: 'a Stripe key' },
  { part: 'npm_', form: /\bnpm_[0-9A-Za-z]{36}\b/, kind: 'an npm token' },
  { part: '-----BEGIN ', form: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, kind: 'a private key' },
  { part: '://', form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@${}]*:[^\s/@${}]+@/i, kind: 'a URL with a password' },
];
/** The shortest text of any form, `a://:b@`. */
const SHORTEST = 7;

const SECRET_KEYS = ['token', 'secret', 'password', 'passwd', 'apikey', 'api_key'];

/** Keys that name where a secret is, not the secret. */
const NAMES_A_PLACE =
  /(?:^secrets$|[_-](?:name|file|path|ref|env|id|arn|url|ttl|field|key_ref|version|lifetime|length)$|(?:Name|File|Path|Ref|Env|Id|Arn|Url)$)/;

/** Whether the value of a key is a secret by its name. */
export function isSecretKey(key: string): boolean {
  const lower = key.toLowerCase();
  return SECRET_KEYS.some((word) => lower.includes(word)) && !NAMES_A_PLACE.test(key);
}

/** What kind of secret a text looks like, or undefined. */
export function secretKind(text: string): string | undefined {
  if (text.length < SHORTEST) return undefined;
  return FORMS.find(({ part, form }) => text.includes(part) && form.test(text))?.kind;
}

/** Adds a mistake for every secret that is written into the config. */
export function checkSecrets(source: Source, mistakes: Mistakes): void {
  eachText(source.value, (text, path) => {
    const kind = secretKind(text) ?? (hasLiteralSecret(text, path) ? 'a secret' : undefined);
    if (kind === undefined) return;
    const details = { path: formatPath(path), value: beginning(text, kind), kind };
    mistakes.add(errors.SHIP_CONFIG_INLINE_SECRET(details, { at: source.position(path) }));
  });
}

const isWord = (part: string | number) => typeof part === 'string';

function hasLiteralSecret(text: string, path: Path): boolean {
  const key = path.findLast(isWord);
  if (key === undefined || !isSecretKey(key) || text === '') return false;
  if (path.some((part) => RAW_KEYS.has(String(part)))) return false;
  // A default is as literal as a value; `$${` is no variable.
  return !/(?<!\$)\$\{[^}:]*(?::-)?\}/.test(text);
}

/** At most four characters, and of a short secret fewer, so that little of it is told. */
function beginning(text: string, kind: string): string {
  const most = kind === 'a secret' ? Math.min(4, Math.floor(text.length / 4)) : 4;
  const from = FORMS.map(({ form }) => form.exec(text)?.index).find((index) => index !== undefined) ?? 0;
  return `"${text.slice(from, from + most).replaceAll(/[^ -~]/g, '')}…"`;
}
