import { defineErrors } from '@ship/core';

/** The codes of this plugin: one function a code. */
export const errors = defineErrors({
  SHIP_RELEASE_PATH_MISSING: {
    exit: 2,
    message: (d: { component: string; path: string }) => `${d.component}: there is no folder ${d.path} to release`,
    hint: 'Correct `path` of the component, or build the folder in a step before `deploy`.',
  },
  SHIP_RELEASE_LINK_ESCAPES: {
    exit: 2,
    message: (d: { link: string; target: string }) => `the symlink ${d.link} leads out of the released folder, to ${d.target}`,
    hint: 'Copy what it points to into the folder, or name the link in `exclude`.',
  },
  SHIP_RELEASE_FILE_KIND: {
    exit: 2,
    message: (d: { path: string }) => `${d.path} is neither a file, a folder nor a symlink, so it cannot be released`,
    hint: 'Remove it, or name it in `exclude`.',
  },
  SHIP_RELEASE_PORT_TAKEN: {
    exit: 3,
    message: (d: { host: string; port: number; holder: string | undefined }) =>
      `port ${d.port} on ${d.host} is held by another program${d.holder === undefined ? '' : `, ${d.holder}`}; nothing was changed`,
    hint: (d) => `Find the program with \`ss -ltnp 'sport = :${d.port}'\` and stop it, or choose another \`port\`.`,
  },
  SHIP_RELEASE_PORT_HELD: {
    exit: 4,
    message: (d: { component: string; host: string; port: number }) =>
      `${d.component}: port ${d.port} on ${d.host} is still held, by a program of another user; it may be the front, whose record is gone`,
    hint: (d) => `As the user who deployed, or as root, find it with \`ss -ltnp 'sport = :${d.port}'\`, end it, and call this again.`,
  },
  SHIP_RELEASE_NO_PORT: {
    exit: 3,
    message: (d: { from: number; to: number }) => `found no free port between ${d.from} and ${d.to} for the new process`,
    hint: 'Something on this machine holds nearly all of them: see `ss -ltn`.',
  },
  SHIP_RELEASE_START_FAILED: {
    exit: 3,
    message: (d: { component: string; release: string; log: string }) =>
      `${d.component}: the supervisor of release ${d.release} did not come up${lines(d.log)}`,
    hint: 'Check that this machine has memory and processes left, then deploy again.',
  },
  SHIP_RELEASE_UNHEALTHY: {
    exit: 3,
    trigger: 'health_check_failed',
    message: (d: { component: string; version: string; reason: string; serving: string; log: string }) =>
      `${d.component}: ${d.version} is not healthy: ${d.reason}. It was stopped; ${d.serving}${lines(d.log)}`,
    hint: 'The lines above are the last ones of its log. If it only needs longer, raise `health.timeout`.',
  },
  SHIP_RELEASE_FRONT_FAILED: {
    exit: 3,
    message: (d: { host: string; port: number; reason: string }) => `the front for ${d.host}:${d.port} does not answer: ${d.reason}`,
    hint: 'See `logs/front.log` under the root of the component. `ship release stop` and `ship release start` begin afresh.',
  },
  SHIP_RELEASE_MISSING: {
    exit: 3,
    message: (d: { component: string; release: string; reason: string }) => `${d.component}: release ${d.release} cannot run: ${d.reason}`,
    hint: 'See `ship release status` for the releases that are there, or deploy that version again.',
  },
  SHIP_RELEASE_STILL_RUNNING: {
    exit: 4,
    message: (d: { release: string; pids: string }) => `release ${d.release} did not end, not even after KILL: process ${d.pids}`,
    hint: (d) => `Look at it with \`ps -o pid,stat,wchan,cmd -p ${d.pids}\`; a process in state D waits for the kernel.`,
  },
  SHIP_RELEASE_NOT_RUNNING: {
    exit: 3,
    message: (d: { component: string; version: string; running: string }) =>
      `${d.component}: no release of ${d.version} is running; running: ${d.running || 'none'}`,
    hint: 'Set `standby: true`, so that the previous release is kept running, or roll the component back instead.',
  },
  SHIP_RELEASE_WEIGHTS: {
    exit: 3,
    message: (d: { component: string; weights: string }) => `${d.component}: the weights ${d.weights} do not add up to 100`,
    hint: 'Give whole percents from 0 to 100 that add up to 100.',
  },
  SHIP_RELEASE_NO_SLOT: {
    exit: 3,
    message: (d: { component: string; slots: readonly number[] }) => `${d.component}: none of its slots is free: ${d.slots.join(', ')}`,
    hint: 'Other programs listen there. Find them with `ss -ltnp` and stop them, or name other ports.',
  },
  SHIP_RELEASE_ROUTERS: {
    exit: 2,
    message: (d: { count: number }) => `${d.count} components have a \`port\` and a \`router\` that do not fit`,
    hint: 'Each is told above, with its place.',
  },
  SHIP_RELEASE_FRONT_PORT: {
    exit: 2,
    message: (d: { component: string }) => `${d.component}: its router is the front, which has no port to listen on`,
    hint: 'Give the component the `port` that its users ask, or take `router` out.',
  },
  SHIP_RELEASE_TWO_ROUTERS: {
    exit: 2,
    message: (d: { component: string; port: number; router: string }) =>
      `${d.component}: its port ${d.port} is for the front, and its router is ${d.router}: only one of them can have the traffic`,
    hint: (d) => `Take \`port\` out where ${d.router} stands before it, or \`router\` where the front does.`,
  },
  SHIP_RELEASE_NO_FRONT: {
    exit: 3,
    message: (d: { component: string }) => `${d.component} has no front: it has no \`port\`, or was never deployed`,
    hint: 'Give the component a `port` and deploy it.',
  },
  SHIP_RELEASE_COMPONENT_UNKNOWN: {
    exit: 2,
    message: (d: { name: string; known: string }) => `no component ${d.name} with \`driver: release\`; there are: ${d.known || 'none'}`,
    hint: 'Take one of these names, or leave the name out to mean all of them.',
  },
  SHIP_RELEASE_USAGE: {
    exit: 2,
    message: (d: { verb: string }) => (d.verb === '' ? 'ship release: a verb is missing' : `ship release: there is no verb ${d.verb}`),
    hint: 'Use: ship release status|start|stop|remove|logs [component]',
  },
});

function lines(log: string): string {
  return log === '' ? '' : `\n${log}`;
}
