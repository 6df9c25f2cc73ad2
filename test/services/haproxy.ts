import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, freePort, serviceFolder, startService } from './started.js';

/** A HAProxy before one backend, on loopback. */
export interface Haproxy {
  /** The socket of its runtime API. */
  readonly socket: string;
  /** Where it takes requests. */
  readonly port: number;
}

/** How the config differs from one that a switch needs. */
interface Options {
  /** The lines of the backend: two servers without an address that anybody listens on, and without weight. */
  readonly servers?: string;
  /** What the socket may do. */
  readonly level?: string;
  /** Does it ask another server where one closed the connection without an answer? */
  readonly retries?: boolean;
}

const IDLE = `  server blue 127.0.0.1:1 weight 0
  server green 127.0.0.1:1 weight 0
`;

/** Starts HAProxy with a backend of that name. */
export async function startHaproxy(backend: string, { servers = IDLE, level = 'admin', retries = true }: Options = {}): Promise<Haproxy> {
  const folder = serviceFolder();
  const [socket, config, port] = [join(folder, 'haproxy.sock'), join(folder, 'haproxy.cfg'), await freePort()];
  writeFileSync(
    config,
    `global
  stats socket ${socket} mode 600 level ${level}
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  option redispatch
${retries ? '  retries 3\n  retry-on conn-failure empty-response\n' : ''}  option idle-close-on-response
frontend ${backend}-in
  bind 127.0.0.1:${port}
  default_backend ${backend}
backend ${backend}
${servers}`,
  );
  await startService(['haproxy', '-db', '-f', config], () => accepts({ path: socket }));
  return { socket, port };
}
