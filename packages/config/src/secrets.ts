import type { Diagnostics, Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { eachText, formatPath } from './values.js';
import { RAW_KEYS } from './variables.js';
import type { Source } from './yaml.js';

/** Forms that are secrets wherever they stand. */
const FORMS: readonly { readonly form: RegExp; readonly kind: string }[] = [
  { form: /\bAKIA[0-9A-Z]{16}\b/, kind: 'an AWS access key' },
  { form: /\bASIA[0-9A-Z]{16}\b/, kind: 'an AWS access key' },
  { form: /\bgh[pousr]_[0-9A-Za-z]{20,}|\bgithub_pat_[0-9A-Za-z_]{20,}/, kind: 'a GitHub token' },
  { form: /\bglpat-[0-9A-Za-z_-]{20,}/, kind: 'a GitLab token' },
  { form: /\bxox[abeoprs]-[0-9A-Za-z-]{10,}/, kind: 'a Slack token' },
  { form: /\b[sr]k_live_[0-9A-Za-z]{10,}/, kind: 'a Stripe key' },
  { form: /\bnpm_[0-9A-Za-z]{36}\b/, kind: 'an npm token' },
  { form: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, kind: 'a private key' },
  { form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@${}]*:[^\s/@${}]+@/i, kind: 'a URL with a password' },
];

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
  return FORMS.find(({ form }) => form.test(text))?.kind;
}

/** Adds a mistake for every secret that is written into the config. */
export function checkSecrets(source: Source, diagnostics: Diagnostics): void {
  eachText(source.value, (text, path) => {
    const kind = secretKind(text) ?? (hasLiteralSecret(text, path) ? 'a secret' : undefined);
    if (kind === undefined) return;
    const details = { path: formatPath(path), value: beginning(text, kind), kind };
    diagnostics.add(errors.SHIP_CONFIG_INLINE_SECRET(details, { at: source.position(path) }));
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

/** At most four characters, and of a short secret fewer, so that little of it is shown. */
function beginning(text: string, kind: string): string {
  const most = kind === 'a secret' ? Math.min(4, Math.floor(text.length / 4)) : 4;
  const from = FORMS.map(({ form }) => form.exec(text)?.index).find((index) => index !== undefined) ?? 0;
  return `"${text.slice(from, from + most).replaceAll(/[^ -~]/g, '')}…"`;
}
