import { readFileSync } from 'node:fs';
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest, type RequestOptions } from 'node:http';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

/**
 * The API of a cluster, by plain https. A client library would do, but it is large, and a plugin may use the same one: what judges a
 * plugin should not share its mistakes.
 */
export interface ClusterApi {
  /** Asks, and throws an ApiError where the answer is a refusal. */
  call<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  /** Follows a list from that version on, until the server closes the connection or the signal aborts. */
  watch(path: string, signal: AbortSignal, onEvent: (event: WatchEvent) => void): Promise<void>;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

class ApiError extends Error {
  readonly status: number;
  constructor(asked: string, status: number, text: string) {
    super(`${asked} is answered with ${status}: ${text}`);
    this.status = status;
  }
}

interface Kubeconfig {
  readonly 'current-context': string;
  readonly contexts: readonly { name: string; context: { cluster: string; user: string } }[];
  readonly clusters: readonly { name: string; cluster: { server: string; 'certificate-authority-data'?: string } }[];
  readonly users: readonly { name: string; user: Readonly<Record<string, string | undefined>> }[];
}

/** How the current context of a kubeconfig is reached: with a token or a client's certificate that stands in it. */
export function readKubeconfig(path: string): {
  server: string;
  ca: string | undefined;
  user: Readonly<Record<string, string | undefined>>;
} {
  const config = parse(readFileSync(path, 'utf8')) as Kubeconfig;
  const named = <T extends { name: string }>(list: readonly T[], name: string): T => {
    const found = list.find((each) => each.name === name);
    if (!found) throw new Error(`${path} has no ${name}`);
    return found;
  };
  const { context } = named(config.contexts, config['current-context']);
  const { cluster } = named(config.clusters, context.cluster);
  return { server: cluster.server, ca: cluster['certificate-authority-data'], user: named(config.users, context.user).user };
}

export function clusterApi(kubeconfig: string): ClusterApi {
  const { server, ca, user } = readKubeconfig(kubeconfig);
  const decoded = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64'));
  const isPlain = server.startsWith('http:');
  const agent = isPlain
    ? new PlainAgent({ keepAlive: true })
    : new Agent({
        keepAlive: true,
        ca: decoded(ca),
        cert: decoded(user['client-certificate-data']),
        key: decoded(user['client-key-data']),
      });
  const authorization = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };

  const ask = (method: string, path: string, body?: object, signal?: AbortSignal): Promise<IncomingMessage> =>
    new Promise((yes, no) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const text = body === undefined ? '' : JSON.stringify(body);
      // The body of a DELETE has no length of itself.
      const headers = { ...authorization, 'content-type': type, 'content-length': Buffer.byteLength(text) };
      const options: RequestOptions = { method, agent, headers, ...(signal && { signal }) };
      const asked = (isPlain ? plainRequest : request)(new URL(path, server), options, yes);
      asked.on('error', no).end(text);
    });

  return {
    async call<T>(method: string, path: string, body?: object) {
      const answer = await ask(method, path, body);
      const text = await textOf(answer);
      if (answer.statusCode! >= 300) throw new ApiError(`${method} ${path}`, answer.statusCode!, text);
      return (text.startsWith('{') ? JSON.parse(text) : text) as T;
    },
    async watch(path, signal, onEvent) {
      const answer = await ask('GET', path, undefined, signal);
      if (answer.statusCode !== 200) throw new ApiError(`watch ${path}`, answer.statusCode!, await textOf(answer));
      let rest = '';
      for await (const chunk of answer.setEncoding('utf8')) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        for (const line of lines) onEvent(JSON.parse(line));
      }
    },
  };
}

/** Answers with nothing where the API refuses with one of these statuses. */
export async function unless<T>(refusals: readonly number[], asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error) => {
    if (error instanceof ApiError && refusals.includes(error.status)) return undefined;
    throw error;
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}
