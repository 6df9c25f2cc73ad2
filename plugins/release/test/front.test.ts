import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { checkRoutes } from '../src/front/control.js';
import { forward } from '../src/front/forward.js';
import { choose, routeTable } from '../src/front/table.js';

let service: Server;
let front: Server;
let resets: number;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = async (server: Server) => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
};

// Given a service that breaks its first connections without an answer, behind a front
beforeEach(async () => {
  service = await listen(
    createServer((req, res) => {
      resets -= 1;
      if (resets >= 0) return void req.socket.destroy();
      res.end('well');
    }),
  );
  const table = routeTable({ targets: { a: { host: '127.0.0.1', port: portOf(service) } }, weights: { a: 100 } });
  front = await listen(createServer((req, res) => void forward(table, req, res)));
});

afterEach(() => {
  service.close();
  service.closeAllConnections();
  front.close();
  front.closeAllConnections();
});

test.each([
  { method: 'GET', breaks: 1, status: 200 },
  { method: 'GET', breaks: 2, status: 502 },
  { method: 'POST', breaks: 1, status: 502 },
])('$method on a service that breaks $breaks connections answers $status', async ({ method, breaks, status }) => {
  resets = breaks;
  expect(await ask(portOf(front), '/', false, method)).toMatchObject({ status });
});

test('a service that is gone gives 502, and no release 503', async () => {
  const nobody = await listen(createServer((req, res) => void forward(routeTable({ targets: {}, weights: {} }), req, res)));
  service.close();
  expect(await ask(portOf(front))).toMatchObject({ status: 502, body: 'the service does not answer (ECONNREFUSED)\n' });
  expect(await ask(portOf(nobody))).toMatchObject({ status: 503, body: 'no release is live\n' });
  nobody.close();
});

test('an exception in one request ends its connection, is reported, and ends no other', async () => {
  // Given a front that meets what nobody foresaw, in one of two requests
  const table = routeTable({ targets: { a: { host: '127.0.0.1', port: portOf(service) } }, weights: { a: 100 } });
  const reports: unknown[] = [];
  const broken = {
    ...table,
    pick: () => {
      throw new Error('not foreseen');
    },
  };
  const policy = { trusts: () => false, headerLimit: 65_536, report: (error: unknown) => reports.push(error) };
  const mixed = await listen(createServer((req, res) => forward(req.url === '/bad' ? broken : table, req, res, policy)));

  // Then the other one is answered
  const answers = await Promise.all([ask(portOf(mixed), '/bad'), ask(portOf(mixed), '/good')]);
  expect(answers).toMatchObject([{ status: 0 }, { status: 200, body: 'well' }]);
  expect(reports).toMatchObject([{ message: 'not foreseen' }]);
  mixed.close();
});

test('draws releases by their shares', () => {
  const drawn = [0, 0.29, 0.3, 0.99].map((random) => choose({ a: 30, b: 70, c: 0 }, () => random));
  expect(drawn).toEqual(['a', 'a', 'b', 'b']);
  expect(choose({ a: 0 })).toBeUndefined();
});

test('counts each request out once', () => {
  const table = routeTable({ targets: {}, weights: {} });
  const leave = table.enter('a');
  table.enter('a');
  leave();
  leave();
  expect(table.inFlight()).toEqual({ a: 1 });
});

test.each([
  [undefined, 'expected {targets, weights}'],
  [{ targets: {}, weights: { a: 100 } }, 'a has a weight and no target'],
  [{ targets: { a: { host: 'h' } }, weights: { a: 100 } }, 'the target of a is not {host, port}'],
  [{ targets: { a: { host: 'h', port: 1 } }, weights: { a: 99 } }, 'the weights do not add up to 100'],
  [{ targets: { a: { host: 'h', port: 1 }, b: { host: 'h', port: 2 } }, weights: { a: -1, b: 101 } }, 'the weights do not add up to 100'],
  [{ targets: { a: { host: 'h', port: 1 } }, weights: { a: 100 } }, undefined],
])('routes %j: %s', (routes, mistake) => expect(checkRoutes(routes)).toBe(mistake));
