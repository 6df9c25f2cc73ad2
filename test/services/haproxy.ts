import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, serviceFolder, startService } from './started.js';

/** A HAProxy before backends of two servers each, on loopback. */
export interface Haproxy {
  /** The socket of its runtime API. */
  readonly socket: string;
  /** The port of each backend, by its name. */
  readonly ports: Readonly<Record<string, number>>;
}

/** Starts HAProxy with a frontend and a backend for each name. Its servers have no address that anybody listens on, and no weight. */
export async function startHaproxy(...backends: readonly string[]): Promise<Haproxy> {
  const folder = serviceFolder();
  const socket = join(folder, 'haproxy.sock');
  const ports: Record<string, number> = {};
  for (const name of backends) ports[name] = await freePort();
  const sections = backends.map(
    (name) => `frontend ${name}-in
  bind 127.0.0.1:${ports[name]}
  default_backend ${name}
backend ${name}
  server blue 127.0.0.1:1 weight 0
  server green 127.0.0.1:1 weight 0
`,
  );
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(
    config,
    `global
  stats socket ${socket} mode 600 level admin
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  option redispatch
  retries 3
  retry-on conn-failure empty-response
  option idle-close-on-response
${sections.join('')}`,
  );
  await startService(['haproxy', '-db', '-f', config], () => existsSync(socket));
  return { socket, ports };
}
