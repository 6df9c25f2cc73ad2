import { connect } from 'node:net';
import type { Check } from '../types/index.js';

const ADDRESS = '^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$';

/** `tcp: host:port`: somebody accepts a connection there. */
export const tcpCheck: Check<{ readonly tcp: string }> = {
  input: {
    $id: 'ship:check/tcp',
    type: 'object',
    required: ['tcp'],
    additionalProperties: false,
    properties: { tcp: { type: 'string', pattern: ADDRESS, title: 'a host and a port', examples: ['db.example:5432'] } },
  },
  describe: ({ tcp }) => tcp,
  run: (ctx, { tcp }) =>
    new Promise((resolve, reject) => {
      const at = tcp.lastIndexOf(':');
      const socket = connect({ host: tcp.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(tcp.slice(at + 1)), signal: ctx.signal });
      socket.once('connect', () => {
        socket.destroy();
        resolve({ outcome: 'passed' });
      });
      socket.once('error', (error) => {
        if (ctx.signal.aborted) reject(ctx.signal.reason);
        else resolve({ outcome: 'failed', detail: `${tcp}: ${error.message}` });
      });
    }),
};
