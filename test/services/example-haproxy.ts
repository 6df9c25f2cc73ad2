import { join } from 'node:path';
import { accepts, freePort, startService } from './started.js';

/** Starts HAProxy with the config of examples/two-services, in a copy of it. Answers the variables that both are told. */
export async function startExampleHaproxy(cwd: string): Promise<Record<string, string>> {
  const socket = join(cwd, 'haproxy.sock');
  const env = { HAPROXY_SOCKET: socket, GATEWAY_PORT: String(await freePort()), ORDERS_PORT: String(await freePort()) };
  await startService(['haproxy', '-db', '-f', join(cwd, 'haproxy.cfg')], () => accepts({ path: socket }), env);
  return env;
}
