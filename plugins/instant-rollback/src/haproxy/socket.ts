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
