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

/** Several commands on one connection, each after the answer of the one before: a third of the time of as many connections. */
export class Conversation {
  #heard = '';
  #failure: Error | undefined;
  #waiting: { resolve(answer: string): void; reject(error: unknown): void } | undefined;

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
      await conversation.say('prompt');
      return await talk(conversation);
    } finally {
      conversation.socket.destroy();
    }
  }

  say(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      // One that ended between two commands would never answer the next one.
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting = { resolve, reject };
      this.socket.write(`${command}\n`);
    });
  }

  #hear(text: string): void {
    this.#heard += text;
    if (!this.#heard.endsWith(PROMPT)) return;
    const answer = this.#heard.slice(0, -PROMPT.length).trim();
    this.#heard = '';
    this.#waiting?.resolve(answer);
    this.#waiting = undefined;
  }

  #fail(reason: string): void {
    this.socket.destroy();
    this.#failure ??= errors.SHIP_ROUTER_UNREACHABLE({ router: 'haproxy', where: this.path, reason });
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
