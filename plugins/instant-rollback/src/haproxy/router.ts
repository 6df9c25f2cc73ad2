import { resolve } from 'node:path';
import type { ComponentConfig, Context, Router, Targets, Weights } from '@ship/core';
import { errors } from '../errors.js';
import { answers, demandTargets, type Keyed, pickTarget, sharesOf } from '../targets.js';
import { wait } from '../wait.js';
import { ParkedServers } from './parked.js';
import { Conversation, readServers, type Server, sessionsOn } from './socket.js';

/** `router: { haproxy: { … } }` of a component. */
interface Settings {
  /** The socket of the runtime API, of level admin. */
  readonly socket: string;
  readonly backend: string;
  /** The path that a version answers when it is well; without it, who accepts a connection is. */
  readonly health?: string;
}

/** The weights of a server go to 256; a percent each is enough. */
const settingsOf = (ctx: Context, { router }: ComponentConfig): Settings => {
  const settings = router!.settings as unknown as Settings;
  return { ...settings, socket: resolve(ctx.dir, settings.socket) };
};

/** HAProxy through its runtime API: no reload, no lost request. Versions are known by the addresses of the servers. */
export const haproxyRouter: Router = {
  settings: {
    $id: 'ship:router/haproxy',
    type: 'object',
    required: ['socket', 'backend'],
    properties: {
      socket: { type: 'string', minLength: 1 },
      backend: { type: 'string', pattern: '^[A-Za-z0-9_.:-]+$', title: 'the name of a backend', examples: ['shop'] },
      health: { type: 'string', pattern: '^/', title: 'a path that starts with a slash', examples: ['/healthz'] },
    },
    additionalProperties: false,
  },
  async weights(ctx, component) {
    const { socket, backend } = settingsOf(ctx, component);
    return weightsOf(await readServers(socket, backend), await ctx.targetsOf(component));
  },
  shift: (ctx, component, weights) => shift(ctx, component, weights),
  async busy(ctx, component, version) {
    const { socket, backend } = settingsOf(ctx, component);
    const target = pickTarget(await ctx.targetsOf(component), version);
    const server = target && (await readServers(socket, backend)).find((each) => isAt(each, target));
    return server !== undefined && (await sessionsOn(socket, backend, server.name)) > 0;
  },
  async healthy(ctx, component, version) {
    const { socket, backend, health } = settingsOf(ctx, component);
    const target = pickTarget(await ctx.targetsOf(component), version);
    if (target === undefined || !(await answers(target, health))) return false;
    // HAProxy gives nothing to a server that it holds for down, however well that is.
    const server = (await readServers(socket, backend)).find((each) => isAt(each, target));
    return server?.idle === undefined || new ParkedServers(ctx, component).has(server);
  },
};

const isAt = ({ host, port }: Server, target: Pick<Keyed, 'host' | 'port'>): boolean => host === target.host && port === target.port;

/** A server with traffic that no version answers for bears its own name: nobody may take it for nothing. */
function weightsOf(servers: readonly Server[], targets: Targets): Weights {
  const weights: Record<string, number> = {};
  for (const { version } of Object.values(targets)) weights[version] = 0;
  for (const server of servers.filter(({ weight }) => weight > 0)) {
    const version = Object.values(targets).find((target) => isAt(server, target))?.version ?? `server ${server.name}`;
    weights[version] = (weights[version] ?? 0) + server.weight;
  }
  return sharesOf(weights);
}

/** The new ones are up and raised before the old ones are lowered: at no time is there nobody to answer. */
async function shift(ctx: Context, component: ComponentConfig, weights: Weights): Promise<void> {
  const { socket: path, backend } = settingsOf(ctx, component);
  const wanted = demandTargets(component.name, await ctx.targetsOf(component), weights);
  await Conversation.with(path, (socket) => shiftAmong(ctx, component, { socket, backend, wanted }));
}

interface Shift {
  readonly socket: Conversation;
  readonly backend: string;
  readonly wanted: ReturnType<typeof demandTargets>;
}

async function shiftAmong(ctx: Context, component: ComponentConfig, { socket, backend, wanted }: Shift): Promise<void> {
  const servers = await readServers(socket, backend);
  const parked = new ParkedServers(ctx, component);
  const isOurs = (server: Server) => server.idle === undefined || server.idle === 'down' || server.isDisabled || parked.has(server);
  const placed = place(
    component.name,
    backend,
    { servers, isOurs },
    wanted.map(({ target }) => target),
  );
  for (const { server, target, moved } of placed) if (!moved && !parked.has(server)) refuseOutOfUse(backend, server, target);
  for (const { server, target, moved } of placed) if (moved) await moveServer(socket, `${backend}/${server.name}`, target);
  for (const { server, moved } of placed) if (!moved && parked.has(server)) await setState(socket, `${backend}/${server.name}`, 'ready');
  await waitUntilUp(ctx, socket, backend, placed);
  const used = new Set(placed.map(({ server }) => server.name));
  const raised = placed.map(({ server }, index) => ({ name: server.name, weight: wanted[index]!.share }));
  const lowered = servers.filter(({ name, weight }) => !used.has(name) && weight > 0).map(({ name }) => ({ name, weight: 0 }));
  await weigh(socket, backend, raised);
  parked.remove(placed.map(({ server }) => server));
  await weigh(socket, backend, lowered);
  const leaving = servers.filter(({ name, isSticky }) => isSticky && lowered.some((each) => each.name === name));
  if (leaving.length > 0) await park(ctx, { socket, backend, parked }, leaving);
}

/** How long requests that are under way may keep a server that clients are bound to. In maintenance it still finishes them. */
const LEAVING_MS = 2_000;

/** Clients with a cookie come back to a server that weighs nothing, but not to one in maintenance. */
async function park(
  ctx: Context,
  { socket, backend, parked }: { socket: Conversation; backend: string; parked: ParkedServers },
  servers: readonly Server[],
): Promise<void> {
  const under = async () => (await Promise.all(servers.map(({ name }) => sessionsOn(socket, backend, name)))).some((count) => count > 0);
  for (const until = performance.now() + LEAVING_MS; performance.now() < until && (await under()); ) await wait(LOOK_MS, ctx.signal);
  parked.add(servers);
  for (const { name } of servers) await setState(socket, `${backend}/${name}`, 'maint');
}

interface Placed {
  readonly server: Server;
  readonly target: Keyed;
  readonly moved: boolean;
}

/** Which server is to be which version: the one that is at its address, or one that has no traffic. */
function place(
  component: string,
  backend: string,
  { servers, isOurs }: { readonly servers: readonly Server[]; isOurs(server: Server): boolean },
  targets: readonly Keyed[],
): readonly Placed[] {
  const here = targets.map((target) => servers.find((server) => isAt(server, target)));
  const spare = servers.filter((server) => server.weight === 0 && isOurs(server) && !here.includes(server));
  return targets.map((target, index) => {
    const server = here[index] ?? spare.shift();
    if (server === undefined) throw errors.SHIP_ROUTER_NO_SERVER({ component, backend, servers: servers.length });
    return { server, target, moved: here[index] === undefined };
  });
}

async function moveServer(socket: Conversation, server: string, { host, port }: Keyed): Promise<void> {
  const command = `set server ${server} addr ${host} port ${port}`;
  const answer = await socket.say(command);
  if (!/changed|no need/.test(answer)) throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer });
  await setState(socket, server, 'ready');
}

async function setState(socket: Conversation, server: string, state: 'ready' | 'maint'): Promise<void> {
  const command = `set server ${server} state ${state}`;
  const refusal = await socket.say(command);
  if (refusal !== '') throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer: refusal });
}

/** What somebody took out of use on purpose is not put into use behind their back. */
function refuseOutOfUse(backend: string, { name, idle }: Server, { version }: Keyed): void {
  if (idle !== undefined && idle !== 'down') throw errors.SHIP_ROUTER_IDLE({ server: `${backend}/${name}`, version, idle });
}

/** Longer than the first checks of HAProxy take by default: two, with two seconds between them. */
const UP_MS = 10_000;
const LOOK_MS = 50;

/** A server with a `check` is down until that has passed at its new address. One without is up at once. */
async function waitUntilUp(ctx: Context, socket: Conversation, backend: string, placed: readonly Placed[]): Promise<void> {
  let doubtful = placed.filter(({ server, moved }) => moved || server.idle !== undefined);
  for (const until = performance.now() + UP_MS; doubtful.length > 0; await wait(LOOK_MS, ctx.signal)) {
    const now = await readServers(socket, backend);
    const idleOf = ({ server: { name } }: Placed) => now.find((each) => each.name === name)?.idle;
    doubtful = doubtful.filter((each) => idleOf(each) !== undefined);
    const [first] = doubtful;
    if (first === undefined) return;
    if (performance.now() > until)
      throw errors.SHIP_ROUTER_IDLE({ server: `${backend}/${first.server.name}`, version: first.target.version, idle: idleOf(first)! });
  }
}

/** Read back one by one. Absolute, never a percentage: that would be a share of the configured weight, and of 0 nothing. */
async function weigh(
  socket: Conversation,
  backend: string,
  weights: readonly { readonly name: string; readonly weight: number }[],
): Promise<void> {
  for (const { name, weight } of weights) {
    const command = `set weight ${backend}/${name} ${weight}`;
    const [refusal, answered] = await Promise.all([socket.say(command), socket.say(`get weight ${backend}/${name}`)]);
    if (refusal !== '' || Number.parseInt(answered, 10) !== weight)
      throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer: refusal || answered });
  }
}
