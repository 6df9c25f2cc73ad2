import { once } from 'node:events';
import { chmodSync, rmSync, writeSync } from 'node:fs';
import type { Server } from 'node:http';
import { readJson, writeJson } from '../base/files.js';
import { identityOf, takeClaim } from '../base/identity.js';
import { until } from '../base/wait.js';
import { layoutOf } from '../layout.js';
import type { FrontRecord } from '../records.js';
import { controlServer } from './control.js';
import { publicServer } from './server.js';
import { type RouteTable, routeTable } from './table.js';

const DRAIN_MS = 10_000;
const PORT_MS = 2_000;
/** The version of the front's program. It changes with the control API or the file format. */
const FRONT_VERSION = '2';

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
  // Where systemd did not take it, it has no unit that could be stopped, or that would start it again.
  const unit = process.env.INVOCATION_ID === undefined ? null : record.unit;
  const { server, limit } = publicServer(table, record.limits, report);
  let mine: FrontRecord = { ...record, ...restarted(record), unit, front: me, version: FRONT_VERSION };
  const keep = inTurn(async (change: Partial<FrontRecord>) => {
    const next = { ...mine, ...change };
    await writeJson(layout.front, next);
    mine = next;
  });
  const control = controlServer({
    state: () => ({ ...table.routes, in_flight: table.inFlight(), pid: process.pid, version: FRONT_VERSION }),
    put: async (routes) => {
      await keep({ routes });
      table.apply(routes);
    },
    limit: async (limits) => {
      await keep({ limits });
      limit(limits);
    },
  });
  await listen(server, { host: record.host, port: record.port });
  // Only the holder of the port comes here, so a socket that is there was left by a dead one.
  rmSync(record.control, { force: true });
  await listen(control, { path: record.control });
  chmodSync(record.control, 0o600);
  await keep({});
  // Whatever was not foreseen ends one connection at most: all others, and the port, are worth more than a clean state.
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
  endOnSignal(server, control, table);
}

function report(error: unknown): void {
  note(`not foreseen, the front goes on: ${error instanceof Error ? error.stack : String(error)}`);
}

/** Counts the starts in place of one that died. */
function restarted({ front, restarts = 0 }: FrontRecord): Partial<FrontRecord> {
  if (front === null) return {};
  note(`the front died (process ${front.pid}); started again as process ${process.pid}`);
  return { restarts: restarts + 1, restarted_at: new Date().toISOString() };
}

// Of a process that was killed the system may hold the port for a moment after it is gone.
async function listen(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  let taken: unknown;
  const attempt = async () => {
    server.listen(where);
    return once(server, 'listening').catch((error) => {
      if (error.code !== 'EADDRINUSE') throw error;
      taken = error;
      return undefined;
    });
  };
  if (!(await until(attempt, { timeoutMs: PORT_MS, intervalMs: 50 }))) throw taken;
  // Such as no file descriptor for another connection: those that are there go on.
  server.on('error', report);
}

function inTurn<T>(put: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (value) => {
    const now = last.then(() => put(value));
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

const MOST_A_MINUTE = 100;
let minute = 0;
let lines = 0;

/** A line in the front's log. It must never fail, and nobody may fill a disk by it. */
export function note(line: string): void {
  const now = Math.floor(Date.now() / 60_000);
  if (now !== minute) [minute, lines] = [now, 0];
  lines += 1;
  if (lines > MOST_A_MINUTE) return;
  try {
    writeSync(2, `[ship] ${new Date().toISOString()} ${line}${lines === MOST_A_MINUTE ? ' (more in this minute are left out)' : ''}\n`);
  } catch {}
}
