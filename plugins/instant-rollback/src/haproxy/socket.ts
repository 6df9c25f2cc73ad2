import { connect, type Socket } from 'node:net';
import { errors } from '../errors.js';

const ANSWER_MS = 5000;

/** Says one command to the runtime API of HAProxy: one connection, one command, and what it answers until it closes. */
export function say(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      socket.destroy();
      reject(errors.SHIP_ROUTER_UNREACHABLE({ router: 'haproxy', where: path, reason }));
    };
    let answer = '';
    const socket = connect({ path });
    socket.setEncoding('utf8').setTimeout(ANSWER_MS, () => fail(`no answer within ${ANSWER_MS} ms`));
    socket.once('connect', () => socket.end(`${command}\n`));
    socket.on('data', (text) => {
      answer += text;
    });
    socket.once('end', () => resolve(answer.trim()));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}

/** How HAProxy ends an answer where it is asked to go on listening. */
const PROMPT = '\n> ';

interface Waiting {
  resolve(answer: string): void;
  reject(error: unknown): void;
}

/**
 * Several commands on one connection. They are answered in their order, so what does not depend on the answer before
 * need not wait for it.
 */
export class Conversation {
  #heard = '';
  #failure: Error | undefined;
  readonly #waiting: Waiting[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly path: string,
  ) {
    socket.setEncoding('utf8').setTimeout(ANSWER_MS, () => this.#fail(`no answer within ${ANSWER_MS} ms`));
    socket.on('data', (text) => this.#hear(String(text)));
    socket.once('error', (error: NodeJS.ErrnoException) => this.#fail(error.code ?? error.message));
    socket.once('close', () => this.#fail('it ended the conversation'));
  }

  static async with<T>(path: string, talk: (conversation: Conversation) => Promise<T>): Promise<T> {
    const conversation = new Conversation(connect({ path }), path);
    try {
      // What fails this fails what is said next.
      conversation.say('prompt').catch(() => {});
      return await talk(conversation);
    } finally {
      conversation.socket.destroy();
    }
  }

  say(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      // One that ended between two commands would never answer the next one.
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ resolve, reject });
      this.socket.write(`${command}\n`);
    });
  }

  #hear(text: string): void {
    this.#heard += text;
    for (let end = this.#heard.indexOf(PROMPT); end >= 0; end = this.#heard.indexOf(PROMPT)) {
      const answer = this.#heard.slice(0, end).trim();
      this.#heard = this.#heard.slice(end + PROMPT.length);
      this.#waiting.shift()?.resolve(answer);
    }
  }

  #fail(reason: string): void {
    this.socket.destroy();
    this.#failure ??= errors.SHIP_ROUTER_UNREACHABLE({ router: 'haproxy', where: this.path, reason });
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** A server of a backend, as HAProxy has it. */
export interface Server {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The weight that is in force; 0 where it is in maintenance or drained. */
  readonly weight: number;
  /** It has a cookie: clients that bear it come back to it, also where it weighs nothing. */
  readonly isSticky: boolean;
  /** The config begins with it in maintenance. */
  readonly isDisabled: boolean;
  /** Why it would be given no request whatever it weighs; undefined where it would be given some. */
  readonly idle?: Idle;
}

/** What a person has said, or what the checks of HAProxy have found. */
type Idle = 'in maintenance' | 'drained' | 'down';

// It stays when the server has long been made ready.
const CONFIGURED = 0x04;
const MAINTENANCE = 0x63;
const DRAINED = 0x18;
const DOWN = 0;

/** The servers of a backend, with their addresses and weights; without its backup servers, which nobody's version is ever on. */
export async function readServers(socket: string | Conversation, backend: string): Promise<readonly Server[]> {
  const ask = (command: string) => (typeof socket === 'string' ? say(socket, command) : socket.say(command));
  const command = `show servers state ${backend}`;
  const [answer, told] = await Promise.all([ask(command), ask(`show stat ${backend} ${SERVERS} ${ALL}`)]);
  const lines = answer.split('\n');
  const header = lines.find((line) => line.startsWith('# '));
  if (header === undefined) throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer: answer.split('\n')[0] ?? '' });
  const columns = header.slice(2).split(' ');
  const at = (cells: readonly string[], name: string) => cells[columns.indexOf(name)] ?? '';
  const stats = statsOf(told, backend);
  return lines
    .filter((line) => /^\d+ \S+ \d+ /.test(line))
    .map((line) => line.split(' '))
    .filter((cells) => stats(at(cells, 'srv_name'), 'bck') !== '1')
    .map((cells) => {
      const name = at(cells, 'srv_name');
      const admin = Number(at(cells, 'srv_admin_state'));
      const idle = idleBy(admin, Number(at(cells, 'srv_op_state')));
      const weight = idle === undefined || idle === 'down' ? Number(at(cells, 'srv_uweight')) : 0;
      const known = { name, host: at(cells, 'srv_addr'), port: Number(at(cells, 'srv_port')), weight };
      const isSticky = (stats(name, 'cookie') ?? '') !== '';
      return { ...known, isSticky, isDisabled: (admin & CONFIGURED) !== 0, ...(idle === undefined ? {} : { idle }) };
    });
}

/** What `show stat` calls servers, and all of them. */
const [SERVERS, ALL] = [4, -1];

/** A column of a server, as `show stat` has it. */
function statsOf(told: string, backend: string): (server: string, column: string) => string | undefined {
  const [header = '', ...rows] = told.replace(/^# /, '').split('\n');
  const columns = header.split(',');
  const cells = rows.map((row) => row.split(','));
  return (server, column) => cells.find(([proxy, name]) => proxy === backend && name === server)?.[columns.indexOf(column)];
}

function idleBy(admin: number, operation: number): Idle | undefined {
  if (admin & MAINTENANCE) return 'in maintenance';
  if (admin & DRAINED) return 'drained';
  return operation === DOWN ? 'down' : undefined;
}

/** How many requests are under way on a server. */
export async function sessionsOn(socket: string | Conversation, backend: string, server: string): Promise<number> {
  const command = `show stat ${backend} ${SERVERS} ${ALL}`;
  const told = await (typeof socket === 'string' ? say(socket, command) : socket.say(command));
  return Number(statsOf(told, backend)(server, 'scur') ?? 0);
}
