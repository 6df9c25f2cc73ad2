import { defineErrors } from '@ship/core';

/** The codes of the snapshots plugin. */
export const errors = defineErrors({
  SHIP_SNAPSHOTS_USAGE: {
    exit: 2,
    message: (d: { given: string }) => `\`ship snapshots ${d.given}\` is not understood`,
    hint: 'It is `ship snapshots list [N|all]`, `show ID`, `diff ID [ID]`, `verify [ID…]`, `pin ID [NOTE]`, `unpin ID`, or `prune [show]`.',
  },
  SHIP_SNAPSHOT_NOT_FOUND: {
    exit: 2,
    message: (d: { id: string; environment: string; known: readonly string[] }) =>
      `${d.environment} has no snapshot ${JSON.stringify(d.id.slice(0, 120))}`,
    hint: (d: { known: readonly string[] }) =>
      d.known.length === 0
        ? 'It has none at all: one is kept after each run whose verification passed.'
        : `The newest are ${d.known.join(', ')}. \`ship --list-snapshots\` shows all.`,
  },
  SHIP_SNAPSHOT_AMBIGUOUS: {
    exit: 2,
    message: (d: { id: string; matches: readonly string[] }) =>
      `${JSON.stringify(d.id)} is the start of ${d.matches.length === 1 ? 'every snapshot' : `${d.matches.length} snapshots`}: ${d.matches.slice(0, 5).join(', ')}${d.matches.length > 5 ? ' and older ones' : ''}`,
    hint: 'Give more of the id. `ship --list-snapshots` shows all.',
  },
  SHIP_SNAPSHOT_ELSEWHERE: {
    exit: 2,
    message: (d: { id: string; environment: string; found: string }) => `${d.id} is a snapshot of ${d.found}, not of ${d.environment}`,
    hint: (d: { found: string }) => `Choose the environment with \`--env ${d.found}\`, or another snapshot.`,
  },
  SHIP_SNAPSHOT_FOREIGN: {
    exit: 2,
    message: (d: { id: string; project: string; found: string }) => `${d.id} is a snapshot of project ${d.found}, not of ${d.project}`,
    hint: 'Each project has a state folder of its own.',
  },
  SHIP_SNAPSHOT_DAMAGED: {
    exit: 6,
    message: (d: { id: string; problem: string }) => `${d.id} is damaged: ${d.problem}`,
    hint: 'Nothing was changed. Choose an older snapshot: `ship --list-snapshots`.',
  },
  SHIP_SNAPSHOTS_DAMAGED: {
    exit: 6,
    message: (d: { damaged: readonly string[]; checked: number }) =>
      `${d.damaged.length} of ${d.checked} snapshots are damaged: ${d.damaged.join(', ')}`,
    hint: 'Nothing was changed. What is wrong with each stands above; none of them can be gone back to.',
  },
  SHIP_SNAPSHOT_SEALED: {
    exit: 6,
    message: (d: { name: string; reason: string }) => `${d.name} is encrypted, and cannot be opened: ${d.reason}`,
    hint: 'Set the variable that `encryption.identity_env` names to the age identity, or to the path of a file that holds it.',
  },
  SHIP_SNAPSHOT_RECIPIENT: {
    exit: 2,
    message: (d: { recipient: string }) => `${JSON.stringify(d.recipient)} is no age recipient`,
    hint: '`age-keygen -y` prints the recipient of an identity.',
  },
  SHIP_SNAPSHOT_PINS: {
    exit: 6,
    message: (d: { key: string }) => `${d.key} cannot be read, so nobody knows what is pinned`,
    hint: 'Nothing was evicted. Mend the file: it maps ids of snapshots to notes.',
  },
  SHIP_SNAPSHOT_FORMAT: {
    exit: 2,
    message: (d: { id: string; format: unknown }) => `${d.id} has format ${JSON.stringify(d.format)}, and this ship reads formats 1 and 2`,
    hint: 'Use the version of ship that wrote it, or a newer one.',
  },
});
