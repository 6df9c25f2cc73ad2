import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { errors } from '../errors.js';

// Below the range from which the kernel takes ports for outgoing connections: one of those could hold
// the port at the moment in which the supervisor starts a crashed service again.
const FROM = 20_000;
const TO = 30_000;

/** A port of this machine that nobody holds. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(FROM, TO);
    if (await isFree('127.0.0.1', port)) return port;
  }
  throw errors.SHIP_RELEASE_NO_PORT({ from: FROM, to: TO });
}

/** Could somebody listen there now? */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
