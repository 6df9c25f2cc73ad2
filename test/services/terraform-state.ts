import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';

/** A place for states that Terraform's own `http` backend talks to: one state, one lock. */
export interface StateServer {
  readonly url: string;
  /** The state as it was put last; empty where there is none. */
  state: string;
  /** What its holder said of the lock; empty where nobody holds it. */
  lock: string;
  /** It takes no state: each put is answered with 503. */
  refuses: boolean;
}

/** Starts one on loopback. LOCK answers 423 with the lock that is held, as the documentation of the backend has it. */
export async function startStateServer(): Promise<StateServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { code, body = '' } = answer(request.method ?? '', Buffer.concat(chunks).toString());
      response.writeHead(code).end(body);
    });
  });
  const answer = (method: string, body: string): { code: number; body?: string } => {
    if (method === 'LOCK') {
      if (self.lock !== '') return { code: 423, body: self.lock };
      self.lock = body;
    } else if (method === 'UNLOCK') self.lock = '';
    else if (method === 'GET') return self.state === '' ? { code: 404 } : { code: 200, body: self.state };
    else if (self.refuses) return { code: 503 };
    else self.state = body;
    return { code: 200 };
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: StateServer = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/state`,
    state: '',
    lock: '',
    refuses: false,
  };
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return self;
}
