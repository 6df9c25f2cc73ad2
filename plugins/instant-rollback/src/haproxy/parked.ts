import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ComponentConfig, type Context, makeFolder, replaceFile } from '@ship/core';
import type { Server } from './socket.js';

/** The addresses that servers had when `ship` put them into maintenance, by their names. */
type Parked = Readonly<Record<string, string>>;

/**
 * The servers that `ship` itself has put into maintenance. HAProxy does not say who did, and one that somebody else has put
 * there is never used. After a reload a server has another address, and is not ours any more.
 */
export class ParkedServers {
  readonly #path: string;

  constructor({ stateDir, environment }: Context, { name }: ComponentConfig) {
    this.#path = join(stateDir, 'haproxy', environment, `${name}.json`);
  }

  has({ name, host, port, idle }: Server): boolean {
    return idle === 'in maintenance' && this.#read()[name] === `${host}:${port}`;
  }

  /** Before the server is asked to go: one that is parked and not written down would never be used again. */
  add(servers: readonly Server[]): void {
    const added = servers.map(({ name, host, port }) => [name, `${host}:${port}`] as const);
    this.#write({ ...this.#read(), ...Object.fromEntries(added) });
  }

  remove(servers: readonly Pick<Server, 'name'>[]): void {
    const gone = new Set(servers.map(({ name }) => name));
    const left = Object.entries(this.#read()).filter(([name]) => !gone.has(name));
    if (existsSync(this.#path)) this.#write(Object.fromEntries(left));
  }

  #read(): Parked {
    try {
      return JSON.parse(readFileSync(this.#path, 'utf8')) as Parked;
    } catch {
      return {};
    }
  }

  #write(parked: Parked): void {
    makeFolder(dirname(this.#path));
    replaceFile(this.#path, Buffer.from(`${JSON.stringify(parked)}\n`));
  }
}
