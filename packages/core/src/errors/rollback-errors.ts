import { type ErrorDefinition, seconds } from './ship-error.js';

/** What is decided about a failure, and what was decided before. */
const decisionErrors = {
  SHIP_CONTEXT_INVALID: {
    exit: 2,
    message: (d: { source: string; mistakes: readonly { path: readonly string[]; message: string; hint?: string }[] }) =>
      `${d.source} is no failure context: ${d.mistakes.map(({ path, message, hint }) => `${path.join('.') || 'the whole'}: ${message}${hint === undefined ? '' : ` (${hint.replace(/\.$/, '')})`}`).join('; ')}`,
    hint: 'At least `{ "failure": { "trigger": "smoke_tests_failed" } }`. docs/failure-and-decision.md has all of it.',
  },
  SHIP_REPLAY_NOTHING: {
    exit: 2,
    message: (d: { run: string; decided: boolean }) =>
      d.decided
        ? `${d.run} was decided by a ship that did not write down what it knew`
        : `nothing was decided in ${d.run}: it did not fail`,
    hint: '`ship history` shows the runs that failed.',
  },
  SHIP_RUN_UNKNOWN: {
    exit: 2,
    message: (d: { given: string; matches: readonly string[]; newest: readonly string[]; environment: string }) =>
      d.matches.length > 1
        ? `${JSON.stringify(d.given)} is the start of more than one run: ${d.matches.join(', ')}`
        : `${d.environment} has no run ${JSON.stringify(d.given.slice(0, 120))}`,
    hint: (d: { newest: readonly string[] }) =>
      d.newest.length === 0 ? 'It has none at all.' : `The newest are ${d.newest.join(', ')}. \`ship history\` shows more.`,
  },
};

/** The way back, and what it goes back to. */
const wayErrors = {
  SHIP_ROLLBACK_REFUSED: {
    exit: 6,
    message: (d: { blocks: readonly string[] }) => `the rollback would do harm: ${d.blocks.join('; ')}`,
    hint: 'Nothing was changed. `--force-rollback` passes warnings, never blocks.',
  },
  SHIP_ROLLBACK_EMPTY: {
    exit: 6,
    message: (d: { id: string }) => `${d.id} holds no component that the config has, and no part that a plugin could put back`,
    hint: 'A snapshot restores components. What steps did is taken back by their undo, when their run fails.',
  },
  SHIP_ROLLBACK_OFF: { exit: 6, message: (d: { by: string }) => `rollback is switched off by ${d.by}` },
  SHIP_ROLLBACK_OF_ROLLBACK: {
    exit: 2,
    message: (d: { run: string }) => `the last run, ${d.run}, went back to a snapshot itself`,
    hint: '`ship --list-snapshots` shows where else to go; `ship rollback --to ID` goes there.',
  },
  SHIP_ROLLBACK_PROOF: {
    exit: 4,
    message: (d: { component: string; live: string; expected: string }) =>
      `${d.component} should be back at ${d.expected}, and ${d.live} is live`,
    hint: 'Look at the component before you deploy again.',
  },
  SHIP_COMPONENT_UNKNOWN: {
    exit: 2,
    message: (d: { name: string; known: readonly string[]; suggestion: string | undefined }) =>
      `the config has no component ${JSON.stringify(d.name.slice(0, 120))}`,
    hint: (d: { name: string; known: readonly string[]; suggestion: string | undefined }) =>
      d.known.length === 0
        ? 'It has no components at all. `ship rollback` takes the last run back.'
        : `${d.suggestion === undefined ? '' : `Did you mean \`${d.suggestion}\`? `}Its components are ${d.known.join(', ')}.`,
  },
  SHIP_COMPONENT_NO_TARGET: {
    exit: 6,
    message: (d: { name: string; live: string | undefined }) =>
      `there is nothing to take ${d.name} back to: no verified snapshot has it ${d.live === undefined ? 'at all' : `other than ${d.live}, which is live`}`,
    hint: '`ship --list-snapshots` shows what there is. With `--rollback-to ID` you choose one yourself.',
  },
  SHIP_COMPONENT_NOT_HELD: {
    exit: 6,
    message: (d: { name: string; id: string; held: readonly string[] }) =>
      `${d.id} does not hold ${d.name}${d.held.length === 0 ? '' : `, only ${d.held.join(', ')}`}`,
    hint: 'Choose another snapshot: `ship --list-snapshots`.',
  },
  SHIP_PART_TIMEOUT: {
    exit: 3,
    message: (d: { part: string; timeoutMs: number }) => `capturing ${d.part} took longer than ${seconds(d.timeoutMs)}`,
    hint: 'The snapshot was kept without it, and is marked as not safe to go back to.',
  },
  SHIP_PART_CYCLE: {
    exit: 2,
    message: (d: { plugin: string; cycle: readonly string[] }) =>
      `plugin ${d.plugin} closes a circle of parts of a snapshot, each of which goes back after the next: ${d.cycle.join(' -> ')}`,
    hint: 'Switch one of their plugins off with `{ NAME: false }` in `plugins:`, or report this to its author.',
  },
  SHIP_SNAPSHOTS_OFF: { exit: 2, message: () => 'no plugin keeps snapshots', hint: 'Take `{ snapshots: false }` out of `plugins:`.' },
};

/** The codes of decisions and rollbacks. */
export const rollbackErrors = { ...decisionErrors, ...wayErrors } satisfies Record<string, ErrorDefinition<never>>;
