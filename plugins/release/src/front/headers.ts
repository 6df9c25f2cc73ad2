import type { IncomingMessage } from 'node:http';

/** Names and values, one after the other, as Node keeps what it received. */
export type RawHeaders = readonly string[];

// What two neighbours say to each other; RFC 9110, section 7.6.1. Framing is said anew for each side.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'content-length',
]);
// `Connection: Host` must not take away what says where a message ends or whom it is for.
const NEVER_NAMED = new Set(['host', 'content-length', 'transfer-encoding']);
const FORBIDDEN_IN_TRAILERS = new Set(['host', 'authorization', 'cookie', 'set-cookie', 'content-encoding', 'content-type']);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The headers that are meant for whoever is at the other end, in their order and as often as they came. */
export function endToEnd(raw: RawHeaders, isDropped: (name: string) => boolean = () => false): string[] {
  const named = new Set(valuesOf(raw, 'connection').map((name) => name.toLowerCase()));
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    const isNamed = named.has(name) && !NEVER_NAMED.has(name);
    if (!isNamed && !HOP_BY_HOP.has(name) && !isDropped(name) && TOKEN.test(name)) kept.push(raw[at]!, printable(raw[at + 1]!));
  }
  return kept;
}

/** Trailers as pairs, without those that would change how the message is read. */
export function trailersOf(raw: RawHeaders): [string, string][] {
  return pairs(endToEnd(raw, (name) => FORBIDDEN_IN_TRAILERS.has(name) || isForwarding(name)));
}

/** All values of a header, as one list. */
export function valuesOf(raw: RawHeaders, wanted: string): string[] {
  let text = '';
  for (let at = 0; at < raw.length; at += 2) if (raw[at]!.toLowerCase() === wanted) text += `${raw[at + 1]},`;
  return text === ''
    ? []
    : text
        .split(',')
        .map((value) => value.trim())
        .filter((value) => value !== '');
}

/** The body of a message: `chunked`, its length, or nothing said; a coding that the front does not know is its name. */
export function framingOf({ rawHeaders, headers }: IncomingMessage): { chunked: boolean; length?: string; unknown?: string } {
  const codings = valuesOf(rawHeaders, 'transfer-encoding');
  if (codings.length === 0)
    return { chunked: false, ...(headers['content-length'] === undefined ? {} : { length: headers['content-length'] }) };
  return codings.length === 1 && codings[0]!.toLowerCase() === 'chunked'
    ? { chunked: true }
    : { chunked: false, unknown: codings.join(', ') };
}

/** Is this one of the headers by which proxies say where a request came from? Services may read `_` as `-`. */
export function isForwarding(name: string): boolean {
  const same = name.replaceAll('_', '-');
  return same === 'forwarded' || same.startsWith('x-forwarded-');
}

/** What Node refuses to write becomes a blank: RFC 9110, section 5.5. */
export function printable(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ' ');
}

function pairs(raw: RawHeaders): [string, string][] {
  return Array.from({ length: raw.length >> 1 }, (_, index) => [raw[2 * index]!, raw[2 * index + 1]!]);
}
