import { connect } from 'node:net';
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

/** Says a command that answers nothing where it was done; any text is a refusal. */
export async function order(path: string, command: string): Promise<void> {
  const answer = await say(path, command);
  if (answer !== '') throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer });
}
