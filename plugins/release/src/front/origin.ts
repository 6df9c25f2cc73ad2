import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { endToEnd, isForwarding, valuesOf } from './headers.js';

/** Whose word about where a request came from is believed. */
export type Trust = (address: string) => boolean;

/** Trust in addresses and networks such as `10.0.0.0/8`. */
export function trustIn(networks: readonly string[]): Trust {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    // Where it is none, nobody is trusted for it.
    if (isIP(address) === 0) continue;
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * The headers of a request with where it came from. What a client says about that itself is taken out, unless it is a proxy
 * that is trusted. `Connection: X-Forwarded-For` does not reach what the front sets.
 */
export function withOrigin(req: IncomingMessage, host: string, trusts: Trust): string[] {
  const from = (req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const trusted = trusts(from);
  const headers = endToEnd(req.rawHeaders, (name) => name === 'host' || name === 'x-forwarded-for' || (!trusted && isForwarding(name)));
  const given = (name: string) => trusted && valuesOf(headers, name).length > 0;
  const before = trusted ? valuesOf(req.rawHeaders, 'x-forwarded-for') : [];
  const origin = [
    ['X-Forwarded-For', [...before, from].join(', ')],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Port', portOf(host)],
    ['X-Forwarded-Proto', 'http'],
  ] as const;
  return ['Host', host, ...headers, ...origin.flatMap(([name, value]) => (given(name.toLowerCase()) ? [] : [name, value]))];
}

/** The port of `host`, `host:port`, `[::1]` or `[::1]:port`. */
function portOf(host: string): string {
  return /^(?:\[[^\]]*\]|[^:]*):(\d+)$/.exec(host)?.[1] ?? '80';
}

const UNWRITABLE = /[^\x21-\xff]/;

/** What a request asks, and of whom; `undefined` where that cannot be understood. */
export function targetOf(req: IncomingMessage): { path: string; host: string } | undefined {
  const { url = '', method } = req;
  const hosts = req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1 || UNWRITABLE.test(url)) return undefined;
  const host = req.headers.host ?? ownAddress(req);
  if (url.startsWith('/')) return { path: url, host };
  if (url === '*') return method === 'OPTIONS' ? { path: '*', host } : undefined;
  // The authority of an absolute target counts, not the header Host: RFC 9112, section 3.2.2.
  const [, authority, rest = ''] = /^https?:\/\/([^/?#@]+)([/?][^#]*)?(?:#.*)?$/i.exec(url) ?? [];
  if (authority === undefined) return undefined;
  if (rest === '') return { path: method === 'OPTIONS' ? '*' : '/', host: authority };
  return { path: rest.startsWith('/') ? rest : `/${rest}`, host: authority };
}

function ownAddress({ socket: { localAddress = '', localPort } }: IncomingMessage): string {
  const address = localAddress.replace(/^::ffff:/, '');
  return `${isIP(address) === 6 ? `[${address}]` : address}:${localPort}`;
}
