import type { Commands } from '../project.js';
import type { Tool } from './tool.js';

/** A tool that the config describes by its commands. What is applied, `list` prints: it is asked by whoever uses this. */
export function commandsTool({ up, down, own = [] }: Commands): Tool {
  const call = (text: string, id: string, url: string) => ({
    argv: ['/bin/sh', '-euc', text] as const,
    env: { DATABASE_URL: url, SHIP_MIGRATION: id },
  });
  return {
    name: 'commands',
    own,
    isFixed: true,
    applied: () => Promise.reject(new Error('it is asked by its own command')),
    up: ({ url }, id) => call(up, id, url),
    ...(down === undefined ? {} : { down: ({ url }, id) => call(down, id, url) }),
  };
}
