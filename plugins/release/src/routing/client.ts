import { request } from 'node:http';
import { errors } from '../errors.js';
import type { FrontRecord, FrontState, Routes } from '../records.js';

const ANSWER_MS = 5000;

/** What is needed to talk to a front. */
export type Reachable = Pick<FrontRecord, 'control' | 'host' | 'port'>;

/** Asks a front for its state. Rejects where nobody answers. */
export function askState(front: Reachable): Promise<FrontState> {
  return talk(front, 'GET', '/state');
}

/** Puts routes in force; resolves to the state read back. */
export function putRoutes(front: Reachable, routes: Routes): Promise<FrontState> {
  return talk(front, 'PUT', '/routes', routes);
}

function talk({ control, host, port }: Reachable, method: string, path: string, body?: unknown): Promise<FrontState> {
  return call(control, method, path, body).catch((error) => {
    throw errors.SHIP_RELEASE_FRONT_FAILED({ host, port, reason: error.message }, { cause: error });
  });
}

function call(socketPath: string, method: string, path: string, body?: unknown): Promise<FrontState> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, method, path, agent: false }, async (res) => {
      let text = '';
      for await (const chunk of res.setEncoding('utf8')) text += chunk;
      if (res.statusCode === 200) resolve(JSON.parse(text) as FrontState);
      else reject(new Error(`${method} ${path} answers ${res.statusCode}: ${text}`));
    });
    req.setTimeout(ANSWER_MS, () => req.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    req.on('error', reject);
    req.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
