import { Agent } from 'node:http';
import { type NetConnectOpts, Socket, type SocketConstructorOpts, type TcpSocketConnectOpts } from 'node:net';
import type { Routes, Target } from '../records.js';

/** A release that was chosen for one request. */
export interface Route {
  readonly release: string;
  readonly target: Target;
  readonly agent: Agent;
}

/** The routes in force, with what is under way on each. */
export interface RouteTable {
  readonly routes: Routes;
  /** Puts other routes in force, all at once. */
  apply(routes: Routes): void;
  /** A release by weight; `undefined` where nothing has any. */
  pick(): Route | undefined;
  /** Counts a request in; the answer counts it out, once. */
  enter(release: string): () => void;
  inFlight(): Readonly<Record<string, number>>;
}

/** Makes a table. */
export function routeTable(start: Routes): RouteTable {
  let routes = start;
  const agents = new Map<string, Agent>();
  const counts = new Map<string, number>();
  const count = (release: string, by: number) => counts.set(release, (counts.get(release) ?? 0) + by);
  return {
    get routes() {
      return routes;
    },
    apply(next) {
      routes = next;
      dropUnused(agents, next);
    },
    pick() {
      const release = choose(routes.weights);
      const target = release === undefined ? undefined : routes.targets[release];
      return release === undefined || !target ? undefined : { release, target, agent: agentFor(agents, target) };
    },
    enter(release) {
      count(release, 1);
      let inside = true;
      return () => {
        if (inside) count(release, -1);
        inside = false;
      };
    },
    inFlight: () => Object.fromEntries([...counts].filter(([, number]) => number > 0)),
  };
}

/** Draws a release by its share. */
export function choose(weights: Routes['weights'], random = Math.random): string | undefined {
  const shares = Object.entries(weights).filter(([, share]) => share > 0);
  let left = random() * shares.reduce((sum, [, share]) => sum + share, 0);
  for (const [release, share] of shares) {
    left -= share;
    if (left < 0) return release;
  }
  return undefined;
}

function addressOf({ host, port }: Target): string {
  return `${host}:${port}`;
}

// Many services close a connection that was idle for 5 s; the front closes it first.
function agentFor(agents: Map<string, Agent>, target: Target): Agent {
  const address = addressOf(target);
  const agent = agents.get(address) ?? new ServiceAgent({ keepAlive: true, timeout: 4000, maxFreeSockets: 256 });
  agents.set(address, agent);
  return agent;
}

/**
 * A connection to a service. A service may answer and close while it is still sent a body, as with 413: Node would end the
 * connection at the first write that fails, and lose the answer that waits to be read. Here reading decides when it is over.
 */
class ServiceSocket extends Socket {
  private isClosed = false;

  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.isClosed) done();
    else super._write(chunk, encoding, this.unlessClosed(done));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: (error?: Error | null) => void): void {
    if (this.isClosed) done();
    else super._writev!(chunks, this.unlessClosed(done));
  }

  private unlessClosed(done: (error?: Error | null) => void) {
    return (error?: Error | null) => {
      this.isClosed = error != null;
      done();
    };
  }
}

class ServiceAgent extends Agent {
  override createConnection(options: NetConnectOpts): Socket {
    const socket = new ServiceSocket(options as SocketConstructorOpts);
    if (options.timeout) socket.setTimeout(options.timeout);
    return socket.connect(options as TcpSocketConnectOpts);
  }
}

function dropUnused(agents: Map<string, Agent>, { targets }: Routes): void {
  const used = new Set(Object.values(targets).map(addressOf));
  for (const [address, agent] of agents) {
    if (used.has(address)) continue;
    agent.destroy();
    agents.delete(address);
  }
}
