// Switches all traffic between two servers of a real HAProxy COUNT times, by its own commands and by the router, in turn.
// Prints what one switch of each took, in ms.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { haproxyRouter } from '../../plugins/instant-rollback/dist/haproxy/router.js';
import { say } from '../../plugins/instant-rollback/dist/haproxy/socket.js';

const [folder, times] = process.argv.slice(2);
const serve = () =>
  new Promise((resolve) => {
    const server = createServer((_, response) => response.end('x')).listen(0, '127.0.0.1', () => resolve(server));
  });
const servers = [await serve(), await serve()];
const ports = servers.map((server) => server.address().port);
const socket = join(folder, 'haproxy.sock');
writeFileSync(
  join(folder, 'haproxy.cfg'),
  `global\n  stats socket ${socket} level admin\ndefaults\n  mode http\n  timeout connect 2s\n  timeout client 5s\n  timeout server 5s\nbackend shop\n  server blue 127.0.0.1:${ports[0]} weight 100\n  server green 127.0.0.1:${ports[1]} weight 0\n`,
);
const haproxy = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], {
  stdio: 'ignore',
  env: { PATH: `${process.env.PATH}:/usr/sbin` },
});
while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));

const targets = { one: { version: 'v1', host: '127.0.0.1', port: ports[0] }, two: { version: 'v2', host: '127.0.0.1', port: ports[1] } };
const ctx = { dir: '/', stateDir: folder, environment: 'bench', targetsOf: async () => targets };
const component = { name: 'web', router: { name: 'haproxy', settings: { socket, backend: 'shop' } } };

/** As a person does: the new one up, the old one down, a command each. */
async function byCommands(up, down) {
  await say(socket, `set weight shop/${up} 100`);
  await say(socket, `set weight shop/${down} 0`);
}

const took = { own: 0, ship: 0 };
for (let turn = 0; turn < Number(times); turn += 1) {
  let started = performance.now();
  await byCommands('green', 'blue');
  took.own += performance.now() - started;
  started = performance.now();
  await haproxyRouter.shift(ctx, component, { v1: 100 });
  took.ship += performance.now() - started;
}
process.stdout.write(`${took.own / Number(times)}\n${took.ship / Number(times)}\n`);
haproxy.kill('SIGKILL');
for (const server of servers) server.close();
