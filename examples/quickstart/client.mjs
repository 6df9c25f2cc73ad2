import { Agent, get } from 'node:http';

/** At most this many requests, whatever happens. */
const MOST = 200_000;
const CONNECTIONS = 4;

/** Asks on a few kept connections, one request after the other, until it is stopped. */
export function startClient(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const counts = { requests: 0, failed: 0, versions: {} };
  let stopped = false;

  async function askInTurn() {
    while (!stopped && counts.requests < MOST) {
      counts.requests += 1;
      try {
        const version = await ask(port, agent);
        counts.versions[version] = (counts.versions[version] ?? 0) + 1;
      } catch {
        counts.failed += 1;
      }
    }
  }

  const asking = Promise.all(Array.from({ length: CONNECTIONS }, askInTurn));
  return {
    async stop() {
      stopped = true;
      await asking;
      agent.destroy();
      return counts;
    },
  };
}

function ask(port, agent) {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/', agent, timeout: 10_000 }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200 ? resolve(response.headers['x-version']) : reject(new Error(`status ${response.statusCode}`)),
      );
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', reject);
  });
}
