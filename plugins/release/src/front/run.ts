import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { readJson, writeJson } from '../base/files.js';
import { identityOf, takeClaim } from '../base/identity.js';
import { until } from '../base/wait.js';
import { layoutOf } from '../layout.js';
import type { FrontRecord, Routes } from '../records.js';
import { controlServer } from './control.js';
import { forward, forwardUpgrade } from './forward.js';
import { type RouteTable, routeTable } from './table.js';

// Longer than the proxies that may stand before it keep an idle connection.
const KEEP_ALIVE_MS = 75_000;
const DRAIN_MS = 10_000;
/** The version of the front's program. It changes with the control API or the file format. */
const FRONT_VERSION = '1';

/** Takes the start that `token` names, holds the port, and forwards requests until SIGTERM. */
export async function runFront(root: string, token: string): Promise<void> {
  process.umask(0o077);
  const layout = layoutOf(root);
  const me = identityOf(process.pid);
  const claim = layout.frontClaim(token);
  if (!me || !takeClaim(claim, me)) return;
  const record = await readJson<FrontRecord>(layout.front);
  if (record?.token !== token) return rmSync(claim, { force: true });
  const table = routeTable(record.routes);
  const server = publicServer(table);
  const mine: FrontRecord = { ...record, front: me, version: FRONT_VERSION };
  const control = controlServer({
    state: () => ({ ...table.routes, in_flight: table.inFlight(), pid: process.pid, version: FRONT_VERSION }),
    put: inTurn(async (routes) => {
      await writeJson(layout.front, { ...mine, routes });
      table.apply(routes);
    }),
  });
  await listen(server, { host: record.host, port: record.port });
  // Only the holder of the port comes here, so a socket that is there was left by a dead one.
  rmSync(record.control, { force: true });
  await listen(control, { path: record.control });
  chmodSync(record.control, 0o600);
  await writeJson(layout.front, mine);
  endOnSignal(server, control, table);
}

function publicServer(table: RouteTable): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (req, res) => void forward(table, req, res));
  server.on('upgrade', (req, socket, head) => {
    // A client that goes away early would otherwise end the front.
    socket.on('error', () => socket.destroy());
    void forwardUpgrade(table, req, socket, head);
  });
  return server;
}

async function listen(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  server.listen(where);
  await once(server, 'listening');
}

function inTurn(put: (routes: Routes) => Promise<void>): (routes: Routes) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (routes) => {
    const now = last.then(() => put(routes));
    last = now.catch(() => {});
    return now;
  };
}

function endOnSignal(server: Server, control: Server, table: RouteTable): void {
  const end = async () => {
    server.close();
    server.closeIdleConnections();
    control.close();
    await until(() => Object.keys(table.inFlight()).length === 0 || undefined, { timeoutMs: DRAIN_MS, intervalMs: 20 });
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.on('SIGHUP', () => {});
}
