import { defineErrors } from '@ship/core';

/** The codes of the plugin. */
export const errors = defineErrors({
  SHIP_ROUTER_UNREACHABLE: {
    exit: 6,
    message: (d: { router: string; where: string; reason: string }) => `${d.router} cannot be reached at ${d.where}: ${d.reason}`,
    hint: 'No traffic was moved. Is it running, and may this user talk to it?',
  },
  SHIP_ROUTER_REFUSED: {
    exit: 6,
    message: (d: { router: string; command: string; answer: string }) => `${d.router} refuses \`${d.command}\`: ${d.answer}`,
    hint: 'The weights were read back and are as they were, unless the line above says otherwise.',
  },
  SHIP_ROUTER_WEIGHTS: {
    exit: 6,
    message: (d: { component: string; weights: string; problem: string }) => `weights of ${d.component}: ${d.weights}: ${d.problem}`,
    hint: 'Whole percents that make 100.',
  },
  SHIP_ROUTER_NO_TARGET: {
    exit: 6,
    message: (d: { component: string; version: string; running: readonly string[] }) =>
      `${d.component} ${d.version} runs nowhere, so it cannot be given traffic${d.running.length === 0 ? '' : `; what runs is ${d.running.join(', ')}`}`,
    hint: 'With `standby: true` the version before stays up after a deployment.',
  },
  SHIP_ROUTER_NO_SERVER: {
    exit: 6,
    message: (d: { component: string; backend: string; servers: number }) =>
      `backend ${d.backend} has no server to spare for ${d.component}: each of its ${d.servers} has traffic, or was taken out of use by somebody`,
    hint: 'Give the backend one server more than there are versions with traffic; two are enough for blue and green.',
  },
  SHIP_ROUTER_IDLE: {
    exit: 6,
    message: (d: { server: string; version: string; idle: string }) =>
      `haproxy gives no request to ${d.server}, which is ${d.version}: it is ${d.idle}`,
    hint: 'No weight was changed. `show servers state` on its socket shows more.',
  },
  SHIP_ROUTER_UNTESTED: {
    exit: 6,
    message: (d: { config: string; answer: string }) => `nginx cannot test ${d.config} as this user: ${d.answer}`,
    hint: 'No flag was changed. `nginx -t` opens the logs, the keys and the pid file of the config as whoever runs it: run ship as root, or let this user open them.',
  },
  SHIP_ROUTER_BLIND: {
    exit: 6,
    message: (d: { config: string; flags: string }) => `${d.config} does not look into ${d.flags}, so a flag there would switch nothing`,
    hint: 'No flag was changed. docs/routers.md shows the lines that look.',
  },
  SHIP_ROUTER_PROOF: {
    exit: 6,
    message: (d: { component: string; wanted: string; found: string }) =>
      `the traffic of ${d.component} should be ${d.wanted}, and the router says ${d.found}`,
    hint: 'Somebody else may be changing the weights at the same time.',
  },
  SHIP_INSTANT_NO_ROUTER: {
    exit: 6,
    message: (d: { component: string }) => `${d.component} has no router, so its traffic cannot be switched`,
    hint: 'The next way back follows. docs/routers.md shows which routers there are.',
  },
  SHIP_INSTANT_FIRST: {
    exit: 6,
    message: (d: { component: string }) => `${d.component} was deployed for the first time: there is no version to switch to`,
    hint: 'The next way back follows.',
  },
  SHIP_INSTANT_STANDBY: {
    exit: 6,
    message: (d: { component: string; version: string }) => `${d.component} ${d.version} is not healthy, and cannot be given traffic`,
    hint: 'Nothing was switched; the next way back follows.',
  },
  SHIP_INSTANT_ABORTED: {
    exit: 6,
    message: (d: { component: string; version: string; share: number }) =>
      `${d.component} ${d.version} became unhealthy at ${d.share} %: the weights are as they were before`,
    hint: 'The next way back follows.',
  },
});
