import { Agent, request } from 'node:http';

/** An answer, or what went wrong. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly at: number;
  readonly asked: number;
}

/** One request on a connection of its own, or on an agent's. */
export function ask(port: number, path = '/', agent: Agent | false = false, method = 'GET'): Promise<Answer> {
  const asked = performance.now();
  return new Promise((resolve) => {
    const settle = (status: number, body: string) => resolve({ status, body, asked, at: performance.now() });
    const asking = request({ host: '127.0.0.1', port, path, agent, method }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      res.on('end', () => settle(res.statusCode ?? 0, body)).on('error', (error) => settle(0, error.message));
    });
    asking.on('error', (error) => settle(0, error.message));
    asking.end(method === 'POST' ? 'a body' : undefined);
  });
}

/** Clients that keep their connections open and ask without a pause until they are stopped; every second one posts. */
export function askThroughout(port: number, connections = 20): { stop(): Promise<Answer[]> } {
  const answers: Answer[] = [];
  let going = true;
  const one = async (_: unknown, index: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (going) answers.push(await ask(port, '/', agent, index % 2 ? 'POST' : 'GET'));
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: connections }, one));
  return {
    async stop() {
      going = false;
      await all;
      return answers;
    },
  };
}
