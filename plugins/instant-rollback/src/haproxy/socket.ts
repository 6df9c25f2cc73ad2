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
  /** Why it would be given no request whatever it weighs; undefined where it would be given some. */
  readonly idle?: Idle;
}

/** What a person has said, or what the checks of HAProxy have found. */
type Idle = 'in maintenance' | 'drained' | 'down';

// The bit 0x04 is in neither: it says `disabled` in the config, and stays when the server has long been made ready.
const MAINTENANCE = 0x63;
const DRAINED = 0x18;
const DOWN = 0;

/** The servers of a backend, with their addresses and weights. */
export async function readServers(socket: string | Conversation, backend: string): Promise<readonly Server[]> {
  const command = `show servers state ${backend}`;
  const answer = await (typeof socket === 'string' ? say(socket, command) : socket.say(command));
  const lines = answer.split('\n');
  const header = lines.find((line) => line.startsWith('# '));
  if (header === undefined) throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer: answer.split('\n')[0] ?? '' });
  const columns = header.slice(2).split(' ');
  const at = (cells: readonly string[], name: string) => cells[columns.indexOf(name)] ?? '';
  return lines
    .filter((line) => /^\d+ \S+ \d+ /.test(line))
    .map((line) => line.split(' '))
    .map((cells) => {
      const idle = idleBy(Number(at(cells, 'srv_admin_state')), Number(at(cells, 'srv_op_state')));
      const weight = idle === undefined || idle === 'down' ? Number(at(cells, 'srv_uweight')) : 0;
      const known = { name: at(cells, 'srv_name'), host: at(cells, 'srv_addr'), port: Number(at(cells, 'srv_port')), weight };
      return idle === undefined ? known : { ...known, idle };
    });
}

function idleBy(admin: number, operation: number): Idle | undefined {
  if (admin & MAINTENANCE) return 'in maintenance';
  if (admin & DRAINED) return 'drained';
  return operation === DOWN ? 'down' : undefined;
}

/** How many requests are under way on a server. */
export async function sessionsOn(socket: string, backend: string, server: string): Promise<number> {
  const [header = '', ...rows] = (await say(socket, 'show stat')).replace(/^# /, '').split('\n');
  const columns = header.split(',');
  const cells = rows.map((row) => row.split(',')).find(([proxy, name]) => proxy === backend && name === server);
  return Number(cells?.[columns.indexOf('scur')] ?? 0);
}
