import { defineErrors } from '@ship/core';
import type { Hold } from './records.js';

/** The codes of the hold plugin. */
export const errors = defineErrors({
  SHIP_DEPLOY_HELD: {
    exit: 6,
    message: (d: { environment: string; held: readonly Hold[] }) => d.held.map((hold) => sentenceOf(hold, d.environment)).join('; '),
    hint: (d: { held: readonly Hold[] }) =>
      `Deploy another version. If it was not its fault: ${d.held.map(({ component, version }) => `\`ship hold release ${component}@${version} --reason TEXT\``).join(', ')}.`,
  },
  SHIP_HOLD_UNREADABLE: {
    exit: 6,
    message: (d: { key: string; reason: string }) => `${d.key} cannot be read, so nobody knows what is held: ${d.reason}`,
    hint: 'Nothing was touched. Mend the file, or move it away: then nothing is held.',
  },
  SHIP_HOLD_UNKNOWN: {
    exit: 2,
    message: (d: { given: string; environment: string; held: readonly string[] }) =>
      `nothing is held in ${d.environment} as ${JSON.stringify(d.given.slice(0, 120))}`,
    hint: (d: { held: readonly string[] }) => (d.held.length === 0 ? 'Nothing is held there at all.' : `Held are ${d.held.join(', ')}.`),
  },
  SHIP_HOLD_USAGE: {
    exit: 2,
    message: (d: { problem: string }) => d.problem,
    hint: 'It is `ship hold list`, or `ship hold release COMPONENT[@VERSION]|all --reason TEXT`.',
  },
});

/** Who, when, why, and in which run. */
export const sentenceOf = ({ component, version, by, at, run, why, reason }: Hold, environment: string): string =>
  `${component} ${version} is held in ${environment}: ${by} took it back on ${at}, in the run ${run}: ${why}${reason === undefined ? '' : ` (${reason})`}`;
