import { createServer, type Server } from 'node:http';
import type { ComponentConfig, JsonObject, Targets } from '@ship/core';
import { testContext } from '@ship/testing';
import { onTestFinished } from 'vitest';
import { SYSTEM_ENV, serviceFolder } from '../../../test/services/started.js';

/** A version that serves its name, on loopback. `ill` makes it answer 503 at /healthz. */
export interface Version {
  readonly version: string;
  readonly port: number;
  ill: boolean;
}

/** Starts a version; it ends with the test. */
export function serve(version: string, port = 0): Promise<Version> {
  return new Promise((resolve) => {
    const made = { version, port: 0, ill: false };
    const server: Server = createServer((request, response) => {
      response.statusCode = request.url === '/healthz' && made.ill ? 503 : 200;
      request.resume().on('end', () => response.end(version));
    });
    server.listen(port, '127.0.0.1', () => {
      made.port = (server.address() as { port: number }).port;
      resolve(made);
    });
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  });
}

/** A component with a router, and a context in which these versions run. */
export function worldOf(router: { name: string; settings: JsonObject }, ...versions: readonly Version[]) {
  const component: ComponentConfig = {
    name: 'web',
    driver: 'service',
    version: 'v2',
    core: false,
    depends_on: [],
    dependencies: {},
    compatible_with: {},
    router,
    settings: {},
  };
  const targets: Targets = Object.fromEntries(
    versions.map(({ version, port }, index) => [`release-${index}`, { version, host: '127.0.0.1', port }]),
  );
  const ctx = testContext({ dir: '/', stateDir: serviceFolder(), env: SYSTEM_ENV, targetsOf: async () => targets });
  return { ctx, component };
}
